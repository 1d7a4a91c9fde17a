#include "host/tpm.h"

#include "host/shared_library.h"

#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <unistd.h>

namespace busguard::host {
namespace {

struct Tss {
    decltype(&::Tss2_TctiLdr_Initialize) open_tcti = nullptr;
    decltype(&::Tss2_TctiLdr_Finalize) close_tcti = nullptr;
    decltype(&::Esys_Initialize) open = nullptr;
    decltype(&::Esys_Finalize) close = nullptr;
    decltype(&::Esys_TR_FromTPMPublic) find = nullptr;
    decltype(&::Esys_TR_Close) forget = nullptr;
    decltype(&::Esys_NV_ReadPublic) read_public = nullptr;
    decltype(&::Esys_NV_Read) read = nullptr;
    decltype(&::Esys_Free) free = nullptr;
};

/// Nothing: it is not installed. Never unloaded.
std::optional<Tss> load() {
    // It writes what goes wrong to standard error by itself; our callers say it in their words.
    ::setenv("TSS2_LOG", "all+none", 0);  // NOLINT(concurrency-mt-unsafe): before the library's first thread
    void* const tcti = ::dlopen("libtss2-tctildr.so.0", RTLD_NOW | RTLD_LOCAL);
    void* const esys = ::dlopen("libtss2-esys.so.0", RTLD_NOW | RTLD_LOCAL);
    if (tcti == nullptr || esys == nullptr) return std::nullopt;
    Tss tss;
    const bool whole =
        find_symbol(tcti, "Tss2_TctiLdr_Initialize", tss.open_tcti) &&
        find_symbol(tcti, "Tss2_TctiLdr_Finalize", tss.close_tcti) &&
        find_symbol(esys, "Esys_Initialize", tss.open) && find_symbol(esys, "Esys_Finalize", tss.close) &&
        find_symbol(esys, "Esys_TR_FromTPMPublic", tss.find) &&
        find_symbol(esys, "Esys_TR_Close", tss.forget) &&
        find_symbol(esys, "Esys_NV_ReadPublic", tss.read_public) &&
        find_symbol(esys, "Esys_NV_Read", tss.read) && find_symbol(esys, "Esys_Free", tss.free);
    return whole ? std::optional{tss} : std::nullopt;
}

/// A response code without what says where it came from (TPM 2.0 Library, part 2, 6.6.2).
TSS2_RC plain(TSS2_RC code) {
    constexpr TSS2_RC of_format_one = 0xbf;
    constexpr TSS2_RC of_format_zero = 0x97f;
    if ((code & TSS2_RC_LAYER_MASK) != TSS2_TPM_RC_LAYER &&
        (code & TSS2_RC_LAYER_MASK) != TSS2_RESMGR_TPM_RC_LAYER)
        return code;
    return code & ((code & TPM2_RC_FMT1) != 0 ? of_format_one : of_format_zero);
}

Failure<Error> failure(TSS2_RC code) {
    const auto says = [&](Errc meaning, std::string_view what) { return fail(meaning, what, 0, code); };
    switch (plain(code)) {
        case TPM2_RC_HANDLE: return says(Errc::not_found, "NV index");
        case TPM2_RC_NV_UNINITIALIZED: return says(Errc::unexpected, "NV index");
        case TPM2_RC_NV_AUTHORIZATION:
        case TPM2_RC_NV_LOCKED:
        case TPM2_RC_AUTH_FAIL:
        case TPM2_RC_BAD_AUTH: return says(Errc::permission, "NV index");
        default: return says(Errc::system, "TPM");
    }
}

/// A connection to the TPM.
class Session {
public:
    static Result<std::unique_ptr<Session>> open(const std::string& tcti) {
        // Without a device the library's loader leaks its own state (tpm2-tss 4.1).
        constexpr std::string_view by_device = "device:";
        if (tcti.starts_with(by_device) && ::access(tcti.substr(by_device.size()).c_str(), R_OK | W_OK) != 0)
            return fail(Errc::disconnected, "TPM", 0, static_cast<std::uint32_t>(errno));
        static const auto tss = load();
        if (!tss) return fail(Errc::unsupported, no_tpm_library);
        std::unique_ptr<Session> made{new Session{*tss}};
        if (const auto code = tss->open_tcti(tcti.c_str(), &made->tcti_); code != TSS2_RC_SUCCESS)
            return fail(Errc::disconnected, "TPM", 0, code);
        if (const auto code = tss->open(&made->esys_, made->tcti_, nullptr); code != TSS2_RC_SUCCESS)
            return fail(Errc::disconnected, "TPM", 0, code);
        return made;
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        if (object_ != ESYS_TR_NONE) (void)tss_->forget(esys_, &object_);
        if (esys_ != nullptr) tss_->close(&esys_);
        if (tcti_ != nullptr) tss_->close_tcti(&tcti_);
    }

    Result<TpmNvIndex> read(std::uint32_t index) {
        if (const auto code = tss_->find(esys_, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object_);
            code != TSS2_RC_SUCCESS)
            return failure(code);
        const auto known = TRY(attributes());
        const auto has = [&](TPMA_NV bit) { return (known.attributes & bit) != 0; };
        if (!has(TPMA_NV_WRITTEN)) return fail(Errc::unexpected, "NV index");
        if (!has(TPMA_NV_OWNERREAD) && !has(TPMA_NV_AUTHREAD)) return fail(Errc::permission, "NV index");
        if (known.dataSize > largest_nv_index) return fail(Errc::too_large, "NV index");
        return TpmNvIndex{
            .data = TRY(data(has(TPMA_NV_OWNERREAD) ? ESYS_TR_RH_OWNER : object_, known.dataSize)),
            .password_writes = has(TPMA_NV_AUTHWRITE) && !has(TPMA_NV_WRITELOCKED)};
    }

private:
    explicit Session(const Tss& tss) : tss_{&tss} {}

    Result<TPMS_NV_PUBLIC> attributes() {
        TPM2B_NV_PUBLIC* told = nullptr;
        if (const auto code =
                tss_->read_public(esys_, object_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &told, nullptr);
            code != TSS2_RC_SUCCESS)
            return failure(code);
        const auto known = told->nvPublic;
        tss_->free(told);
        return known;
    }

    /// A TPM may give less than was asked for: TPM2_PT_NV_BUFFER_MAX, 512 bytes at least.
    Result<Bytes> data(ESYS_TR by, std::uint16_t size) {
        TPM2B_MAX_NV_BUFFER* told = nullptr;
        if (const auto code =
                tss_->read(esys_, by, object_, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, size, 0, &told);
            code != TSS2_RC_SUCCESS)
            return failure(code);
        auto bytes = to_bytes(std::as_bytes(std::span{told->buffer}.first(told->size)));
        tss_->free(told);
        if (bytes.size() != size) return fail(Errc::truncated, "NV index");
        return bytes;
    }

    const Tss* tss_;
    TSS2_TCTI_CONTEXT* tcti_ = nullptr;
    ESYS_CONTEXT* esys_ = nullptr;
    ESYS_TR object_ = ESYS_TR_NONE;
};

}  // namespace

Result<TpmNvIndex> read_tpm_nv(std::uint32_t index, const std::string& tcti) {
    return TRY(Session::open(tcti))->read(index);
}

}  // namespace busguard::host
