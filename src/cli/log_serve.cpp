#include "cli/http_listening.h"
#include "web/served_log.h"

#include <memory>

namespace busguard::cli {
namespace {

struct LogServeOptions {
    std::string log = "/var/lib/busguard/log";
    std::string listen;
};

Tried<Exit> serve(Session& session, const LogServeOptions& options) {
    const auto log = TRY(or_trouble(options.log, web::ServedLog::open(options.log)));
    return serve_http(session, options.listen, 0,
                      [&](const host::HttpRequest& request) { return log.answer(request); });
}

}  // namespace

void add_log_serve(Command group, Chosen& chosen) {
    auto command = group.command("serve", "Serve the published log over HTTP, read-only");
    auto options = std::make_shared<LogServeOptions>();
    command.option("--log", options->log, "The folder of the published log").shown_as("DIR").default_shown();
    add_listen(command, options->listen);
    add_common(command, chosen.common);
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return serve(session, *options); };
    });
}

}  // namespace busguard::cli
