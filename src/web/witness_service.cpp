#include "web/witness_service.h"

#include "web/answers.h"

namespace busguard::web {
namespace {

host::HttpResponse response_of(tlog::WitnessAnswer answer) {
    const auto* const caching = answer.status == 200 ? "no-cache" : "no-store";
    return {.status = answer.status,
            .fields = {{"Content-Type", std::move(answer.content_type)}, {"Cache-Control", caching}},
            .body = std::move(answer.body),
            .file = {}};
}

}  // namespace

host::HttpResponse WitnessService::answer(const host::HttpRequest& request,
                                          std::chrono::sys_seconds now) const {
    std::string_view path = request.head.path;
    if (!path.starts_with(prefix_) || !path.substr(prefix_.size()).starts_with('/'))
        return refusal(404, "no such resource");
    path.remove_prefix(prefix_.size() + 1);
    const auto& method = request.head.method;
    if (path == "add-checkpoint")
        return method == "POST" ? response_of(witness_->add_checkpoint(request.body, now))
                                : wrong_method("POST");
    if (method != "GET" && method != "HEAD") return wrong_method("GET, HEAD");
    return response_of(witness_->get(path));
}

}  // namespace busguard::web
