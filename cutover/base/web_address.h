/*
 * web_address.h: where the web server listens, and which names it answers to. Inside base only.
 */
#ifndef PGCUTOVER_BASE_WEB_ADDRESS_H
#define PGCUTOVER_BASE_WEB_ADDRESS_H

#include "fault.h"

#include <sys/socket.h>

/* "127.0.0.1:9187", "[::1]:9187", "localhost:9187", "9187"; no other names: they would have to be
   resolved. One that is not of loopback is a fault unless it may be `anywhere`. */
bool web_address_read(const char *address, bool anywhere, struct sockaddr_storage *ret_address,
                      socklen_t *ret_length, struct fault *fault)
    __attribute__((warn_unused_result));
/* Address and port, as in a URL. */
void web_address_print(const struct sockaddr *address, char *ret_text, size_t size);
/* May a request have come for this Host (NULL: it names none)? Its port is not looked at: ssh -L
   gives another. Names of loopback are good; any address in digits, and this machine's name, too
   where the server may be reached from `anywhere`. A name that somebody else can have resolved to
   us is not. */
bool web_host_is_ours(const char *host, bool anywhere);

#endif
