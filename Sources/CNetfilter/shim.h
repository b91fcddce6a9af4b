/* libiptc (IPv4 and IPv6) and the match and target structures that the kernel and iptables-legacy agree on. */
#pragma once
/* libiptc.h pulls in <netinet/udp.h>, which nothing here needs and whose udphdr clashes with that of <linux/udp.h>, which SwiftNIO imports. */
#define __NETINET_UDP_H 1
#include <libiptc/libiptc.h>
#include <libiptc/libip6tc.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_statistic.h>
#include <linux/netfilter/xt_string.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter/xt_time.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
