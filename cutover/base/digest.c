#include "digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

static void write_hex(const unsigned char *digest, char ret_hex[65])
{
    unsigned int i;

    for (i = 0; i < 32; i++) {
        ret_hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        ret_hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    ret_hex[64] = '\0';
}

void digest_sha256(const char *bytes, size_t length, char ret_hex[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int made = 0;

    if (!EVP_Digest(bytes, length, digest, &made, EVP_sha256(), NULL))
        abort(); /* an OpenSSL without SHA-256 */
    write_hex(digest, ret_hex);
}

void digest_hmac_sha256(const char *key, const char *bytes, size_t length, char ret_hex[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int made = 0;

    if (!HMAC(EVP_sha256(), key, (int) strlen(key), (const unsigned char *) bytes, length, digest,
              &made))
        abort();
    write_hex(digest, ret_hex);
}
