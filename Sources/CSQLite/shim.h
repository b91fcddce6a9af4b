/* SQLite: the journal. */
#pragma once
#include <sqlite3.h>
