// Which version this is. In C and in one file, so that another version compiles this file and links, and nothing more.
#include "release.h"

// Package.swift defines it from the environment; a build that says nothing is of the version being worked on.
#ifndef FAULTD_VERSION
#define FAULTD_VERSION "0.1.0"
#endif

const char *faultd_version(void) { return FAULTD_VERSION; }
