#include "crypto/pem.h"

#include "crypto/openssl.h"

#include <openssl/pem.h>

namespace busguard::crypto {

Result<void> each_pem_block(std::string_view pem, std::string_view name,
                            const std::function<Result<void>(ByteView der)>& take) {
    const Bio text{must(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())))};
    while (true) {
        char* label = nullptr;
        char* header = nullptr;
        unsigned char* data = nullptr;
        long size = 0;
        if (PEM_read_bio(text.get(), &label, &header, &data, &size) != 1) break;
        const OpensslMemory<char> own_label{label};
        const OpensslMemory<char> own_header{header};
        const OpensslMemory<unsigned char> own_data{data};
        const auto length = static_cast<std::size_t>(size);
        const auto taken = name == label ? take(view(data, length)) : Result<void>{};
        OPENSSL_cleanse(data, length);
        TRY(taken);
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return openssl_failure(Errc::bad_field, "PEM");
    ERR_clear_error();
    return {};
}

}  // namespace busguard::crypto
