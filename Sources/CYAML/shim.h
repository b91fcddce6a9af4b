/* libyaml: the configuration file. */
#pragma once
#include <yaml.h>
