// The version of this build, for faultd and faultctl alike.
#pragma once

// A constant text; the caller frees nothing.
const char *_Nonnull faultd_version(void);
