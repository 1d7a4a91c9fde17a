#include "cli/trouble.h"

namespace busguard::cli {

Trouble trouble_of(const Error& error, std::string where) {
    return {std::string{name(error.code)},
            {.where = std::move(where),
             .line = 0,
             .field = std::string{error.what},
             .message = in_words(error),
             .remedy = {}}};
}

}  // namespace busguard::cli
