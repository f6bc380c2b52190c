#include "cli/command/call_alerts.h"

#include "alert/file.h"
#include "base/guide.h"

int call_alerts(const struct call *call, const struct config *config, bool warn,
                struct alerts *alerts) {
    struct diagnostics diagnostics = {0};
    int result = alerts_load(alerts, config->alerts, config, &diagnostics);
    call_report(call, "the alerts file", GUIDE_ALERTS, &diagnostics, warn);
    diagnostics_free(&diagnostics);
    return result;
}
