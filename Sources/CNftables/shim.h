/* libnftables: what nft(8) is made of. */
#pragma once
#include <nftables/libnftables.h>
