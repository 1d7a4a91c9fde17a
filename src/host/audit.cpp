#include "host/audit.h"

#include <cerrno>
#include <cstdlib>
#include <libaudit.h>
#include <memory>

namespace busguard::host {

Result<Audit> Audit::open() {
    Descriptor socket{::audit_open()};
    if (!socket) return fail_errno("audit");
    return Audit{std::move(socket)};
}

Result<void> Audit::write(Kind kind, const std::string& message, bool success) const {
    const int type = kind == Kind::device ? AUDIT_USER_DEVICE : AUDIT_USYS_CONFIG;
    const int done = ::audit_log_user_message(socket_.number(), type, message.c_str(), nullptr, nullptr,
                                              nullptr, success ? 1 : 0);
    if (done > 0) return {};
    return fail(system_error(done == 0 ? EIO : errno, "audit"));
}

std::string Audit::field(const char* name, std::string_view value) {
    struct Freed {
        void operator()(char* text) const {
            std::free(text);  // NOLINT(*-no-malloc,*-owning-memory): libaudit's
        }
    };
    const std::unique_ptr<char, Freed> text{
        ::audit_encode_nv_string(name, std::string{value}.c_str(), static_cast<unsigned>(value.size()))};
    if (!text) throw std::bad_alloc{};
    return text.get();
}

}  // namespace busguard::host
