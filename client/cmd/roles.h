/* What roles are called. */
#ifndef WB_CLIENT_CMD_ROLES_H
#define WB_CLIENT_CMD_ROLES_H

#include "proto/roster.h"

/* "field", "coordinator", "auditor". */
const char *wb_cmd_role_name(enum wb_role role);

#endif
