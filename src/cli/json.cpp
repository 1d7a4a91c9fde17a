#include "cli/json.h"

namespace busguard::cli {

void print(const Session& session, const Json& document) {
    session.print(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Json to_json(const Trouble& trouble) {
    const auto& problem = trouble.problem;
    return {{"schema", "busguard.error/1"},
            {"error",
             {{"code", trouble.code},
              {"message", problem.message},
              {"file", text_or_null(problem.where)},
              {"line", problem.line == 0 ? Json(nullptr) : Json(problem.line)},
              {"field", text_or_null(problem.field)},
              {"remedy", text_or_null(problem.remedy)}}}};
}

}  // namespace busguard::cli
