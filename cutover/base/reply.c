#include "reply.h"

bool reply_is_finished(const struct reply *reply)
{
    return reply->state == REPLY_OK || reply->state == REPLY_FAILED;
}
