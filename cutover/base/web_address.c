#include "web_address.h"

#include "text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool is_loopback_4(const struct in_addr *address)
{
    return ntohl(address->s_addr) >> 24 == 127;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return is_loopback_4(&((const struct sockaddr_in *) address)->sin_addr);
    return address->ss_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *) address)->sin6_addr);
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* "address:port", an address of six in brackets. False: it is not that. */
static bool parse(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_length)
{
    struct sockaddr_in *four = (void *) ret_address;
    struct sockaddr_in6 *six = (void *) ret_address;
    const char *colon = strrchr(text, ':');
    char host[INET6_ADDRSTRLEN + 2];
    long port = colon && is_number(colon + 1) && strlen(colon + 1) <= 5 ? atol(colon + 1) : -1;
    size_t length = colon ? (size_t) (colon - text) : 0;

    if (port < 0 || port > 65535 || length < 2 || length >= sizeof(host))
        return false;
    snprintf(host, sizeof(host), "%.*s", (int) length, text);
    memset(ret_address, 0, sizeof(*ret_address));
    if (*host != '[') {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t) port);
        *ret_length = sizeof(*four);
        return inet_pton(AF_INET, host, &four->sin_addr) == 1;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t) port);
    *ret_length = sizeof(*six);
    if (host[length - 1] != ']')
        return false;
    host[length - 1] = '\0';
    return inet_pton(AF_INET6, host + 1, &six->sin6_addr) == 1;
}

bool web_address_read(const char *address, bool anywhere, struct sockaddr_storage *ret_address,
                      socklen_t *ret_length, struct fault *fault)
{
    struct sockaddr_storage parsed = {0};
    socklen_t length;
    char whole[160];

    if (is_number(address))
        snprintf(whole, sizeof(whole), "127.0.0.1:%s", address);
    else if (string_starts(address, "localhost:"))
        snprintf(whole, sizeof(whole), "127.0.0.1:%s", address + strlen("localhost:"));
    else
        snprintf(whole, sizeof(whole), "%s", address);
    if (!parse(whole, &parsed, &length)) {
        fault_set(fault, "reading the address of the web page", address, NULL,
                  "it is not an address and a port");
        fault_hint(fault, "Give an address in digits and a port, such as 127.0.0.1:9187 or "
                          "[::1]:9187.");
        fault->exit_code = EXIT_USAGE;
        return false;
    }
    if (!anywhere && !is_loopback(&parsed)) {
        fault_set(fault, "reading the address of the web page", address, NULL,
                  "other machines could reach it, and it asks nobody for a password");
        fault_hint(fault, "Give a loopback address such as 127.0.0.1:9187, and come to it by "
                          "ssh -L 9187:127.0.0.1:9187; --http-anywhere is for networks where "
                          "everybody may see it.");
        fault->exit_code = EXIT_USAGE;
        return false;
    }
    *ret_address = parsed;
    *ret_length = length;
    return true;
}

void web_address_print(const struct sockaddr *address, char *ret_text, size_t size)
{
    char digits[INET6_ADDRSTRLEN] = "";

    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const void *) address;

        inet_ntop(AF_INET6, &six->sin6_addr, digits, sizeof(digits));
        snprintf(ret_text, size, "[%s]:%d", digits, ntohs(six->sin6_port));
    } else {
        const struct sockaddr_in *four = (const void *) address;

        inet_ntop(AF_INET, &four->sin_addr, digits, sizeof(digits));
        snprintf(ret_text, size, "%s:%d", digits, ntohs(four->sin_port));
    }
}

/* The host of "host", "host:port", "[address]" and "[address]:port". */
static bool host_name(const char *host, char *ret_name, size_t size)
{
    const char *begin = host, *end;

    if (*host == '[') {
        begin = host + 1;
        end = strchr(begin, ']');
        if (!end || (end[1] && (end[1] != ':' || !is_number(end + 2))))
            return false;
    } else {
        end = host + strcspn(host, ":");
        if (*end && !is_number(end + 1))
            return false;
    }
    if (end == begin || (size_t) (end - begin) >= size)
        return false;
    snprintf(ret_name, size, "%.*s", (int) (end - begin), begin);
    return true;
}

bool web_host_is_ours(const char *host, bool anywhere)
{
    struct in_addr four;
    struct in6_addr six;
    char name[256], machine[256] = "";

    if (!host || !host_name(host, name, sizeof(name)))
        return false;
    if (strcasecmp(name, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, name, &four) == 1)
        return anywhere || is_loopback_4(&four);
    if (inet_pton(AF_INET6, name, &six) == 1)
        return anywhere || IN6_IS_ADDR_LOOPBACK(&six);
    return anywhere && gethostname(machine, sizeof(machine) - 1) == 0 &&
           strcasecmp(name, machine) == 0;
}
