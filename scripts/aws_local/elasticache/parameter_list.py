"""The parameters of each cache parameter group family: name, type, allowed values, default, and whether a change takes
effect at once.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Parameter.html
"""

import functools
import re

# name | type | allowed | default | version since | description
# A "!" before the name: cannot be modified; a "*": needs a reboot.
_TABLE = """
acllog-max-len|integer|1-10000|128|6.0.0|The maximum number of entries of the ACL log.
active-defrag-cycle-max|integer|1-75|75|4.0.10|Maximal effort for defrag in CPU percentage.
active-defrag-cycle-min|integer|1-75|5|4.0.10|Minimal effort for defrag in CPU percentage.
active-defrag-ignore-bytes|integer|1048576-|104857600|4.0.10|Minimum amount of fragmentation waste to start active defrag.
active-defrag-max-scan-fields|integer|1-1000000|1000|5.0.0|Maximum number of fields that will be processed from the main dictionary scan during active defragmentation.
active-defrag-threshold-lower|integer|1-100|10|4.0.10|Minimum percentage of fragmentation to start active defrag.
active-defrag-threshold-upper|integer|1-100|100|4.0.10|Maximum percentage of fragmentation at which we use maximum effort.
activedefrag|string|yes,no|no|4.0.10|Enabled active memory defragmentation.
*activerehashing|string|yes,no|yes|2.8.6|Apply rehashing or not.
!appendfsync|string|always,everysec,no|everysec|2.8.6|fsync policy for AOF persistence.
!appendonly|string|yes,no|no|2.8.6|Enable persistence.
client-output-buffer-limit-normal-hard-limit|integer|0-|0|2.8.6|Normal client output buffer hard limit in bytes.
client-output-buffer-limit-normal-soft-limit|integer|0-|0|2.8.6|Normal client output buffer soft limit in bytes.
client-output-buffer-limit-normal-soft-seconds|integer|0-|0|2.8.6|Normal client output buffer soft limit in seconds.
client-output-buffer-limit-pubsub-hard-limit|integer|0-|33554432|2.8.6|Pubsub client output buffer hard limit in bytes.
client-output-buffer-limit-pubsub-soft-limit|integer|0-|8388608|2.8.6|Pubsub client output buffer soft limit in bytes.
client-output-buffer-limit-pubsub-soft-seconds|integer|0-|60|2.8.6|Pubsub client output buffer soft limit in seconds.
!client-output-buffer-limit-replica-soft-seconds|integer|0-|60|5.0.0|Replica client output buffer soft limit in seconds.
client-query-buffer-limit|integer|1048576-1073741824|1073741824|5.0.0|Max size of a single client query buffer.
close-on-replica-write|string|yes,no|yes|5.0.0|If enabled, clients who attempt to write to a read-only replica will be disconnected.
cluster-allow-pubsubshard-when-down|string|yes,no|yes|7.0.4|Whether the node serves shard channels in pubsub while the cluster is down.
cluster-allow-reads-when-down|string|yes,no|no|6.0.0|Whether the node continues to serve reads while the cluster is down.
*cluster-enabled|string|yes,no|no|3.2.4|Enable cluster mode.
cluster-require-full-coverage|string|yes,no|no|3.2.4|Whether the cluster becomes unavailable if one or more slots are not covered.
*databases|integer|1-1200000|16|2.8.6|Set the number of databases.
hash-max-listpack-entries|integer|0-|512|7.0.4|The maximum number of hash entries in order for the dataset to be compressed.
hash-max-listpack-value|integer|0-|64|7.0.4|The threshold of biggest hash entries in order for the dataset to be compressed.
hll-sparse-max-bytes|integer|1-16000|3000|2.8.6|HyperLogLog sparse representation bytes limit.
latency-tracking|string|yes,no|no|7.0.4|Tracks the per command latencies.
lazyfree-lazy-eviction|string|yes,no|no|4.0.10|Perform an asynchronous delete on evictions.
lazyfree-lazy-expire|string|yes,no|no|4.0.10|Perform an asynchronous delete on expired keys.
lazyfree-lazy-server-del|string|yes,no|no|4.0.10|Perform an asynchronous delete for commands which update values.
lazyfree-lazy-user-del|string|yes,no|no|6.0.0|Whether the DEL command behaves like UNLINK.
lazyfree-lazy-user-flush|string|yes,no|no|6.2.0|Whether FLUSHALL and FLUSHDB without arguments are asynchronous.
lfu-decay-time|integer|0-65535|1|4.0.10|The amount of time in minutes to decrement the key counter for LFU eviction policy.
lfu-log-factor|integer|0-65535|10|4.0.10|The log factor for incrementing key counter for LFU eviction policy.
list-compress-depth|integer|0-|0|3.2.4|Number of quicklist ziplist nodes from each side of the list to exclude from compression.
list-max-listpack-size|integer|-5-|-2|7.0.4|The number of entries allowed per internal list node.
!lua-time-limit|integer|0-|5000|2.8.6|Max execution time of a Lua script in milliseconds. 0 for unlimited execution without warnings.
!maxclients|integer|1-65000|65000|2.8.6|The maximum number of clients.
maxmemory-policy|string|volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction|volatile-lru|2.8.6|Max memory policy.
maxmemory-samples|integer|1-|3|2.8.6|Max memory samples.
min-replicas-max-lag|integer|0-|10|5.0.0|Maximum number of seconds within which the primary must receive a ping from a replica to take writes.
min-replicas-to-write|integer|0-|0|5.0.0|Minimum number of replicas that must be present for the primary to take writes.
notify-keyspace-events|string|||2.8.6|The keyspace events for Redis OSS to notify Pub/Sub clients about. By default all notifications are disabled.
proto-max-bulk-len|integer|1048576-536870912|536870912|5.0.0|Max size of a single element request.
rename-commands|string|||5.0.3|Renamed potentially dangerous or expensive commands.
repl-backlog-size|integer|16384-|1048576|2.8.6|The replication backlog size in bytes for PSYNC.
repl-backlog-ttl|integer|0-|3600|2.8.6|The amount of time in seconds after the primary no longer has any replicas connected for it to free the replication backlog.
repl-timeout|integer|11-|60|2.8.6|The timeout in seconds for bulk transfer of data during sync and primary timeouts from the perspective of the replica.
!replica-allow-chaining|string|yes,no|no|5.0.0|Configures if chaining of replicas is allowed.
!replica-ignore-maxmemory|string|yes,no|yes|5.0.0|Determines if replica ignores maxmemory setting by not evicting items independent from the primary.
!replica-lazy-flush|string|yes,no|yes|4.0.10|Perform an asynchronous flushDB during replica sync.
reserved-memory-percent|integer|0-100|25|2.8.6|The percent of memory reserved for non-cache memory usage.
set-max-intset-entries|integer|0-|512|2.8.6|The limit in the size of the set in order for the dataset to be compressed.
slowlog-log-slower-than|integer|-1-|10000|2.8.6|The execution time, in microseconds, to exceed in order for the command to get logged.
slowlog-max-len|integer|0-|128|2.8.6|The length of the slow log.
stream-node-max-bytes|integer|0-|4096|5.0.0|The maximum size of a single node in a stream in bytes.
stream-node-max-entries|integer|0-|100|5.0.0|The maximum number of items a single node in a stream can contain.
tcp-keepalive|integer|0-|300|2.8.6|If non-zero, send ACKs every given number of seconds.
timeout|integer|0,20-|0|2.8.6|Close connection if client is idle for a given number of seconds, or never if 0.
tracking-table-max-keys|integer|1-100000000|1000000|6.0.0|The maximum number of keys allowed for the tracking table for client side caching.
zset-max-listpack-entries|integer|0-|128|7.0.4|The maximum number of sorted set entries in order for the dataset to be compressed.
zset-max-listpack-value|integer|0-|64|7.0.4|The threshold of biggest sorted set entries in order for the dataset to be compressed.
"""

# Renamed in version 7; older families have the old names.
OLD_NAMES = {
    "hash-max-listpack-entries": "hash-max-ziplist-entries",
    "hash-max-listpack-value": "hash-max-ziplist-value",
    "list-max-listpack-size": "list-max-ziplist-size",
    "zset-max-listpack-entries": "zset-max-ziplist-entries",
    "zset-max-listpack-value": "zset-max-ziplist-value",
}
SINCE = {"redis6.x": (6,), "redis7": (7,), "valkey7": (7,), "valkey8": (8,), "valkey9": (9,)}
CLUSTER_ON = ".cluster.on"
EVENTS = re.compile(r"[KEg$lshzxeAtdmn]*")


@functools.cache
def of_family(family, cluster_on=False):
    """The parameters of a family by name."""
    found = {}
    for line in _TABLE.strip().splitlines():
        marked, data_type, allowed, value, since, text = line.split("|")
        name = marked.lstrip("!*")
        if since.startswith("7.") and SINCE[family] < (7,):
            if name not in OLD_NAMES:
                continue
            name, since = OLD_NAMES[name], "2.8.6"
        parameter = {
            "ParameterName": name,
            "ParameterValue": "yes" if name == "cluster-enabled" and cluster_on else value,
            "Description": text,
            "Source": "system",
            "DataType": data_type,
            "IsModifiable": not marked.startswith("!"),
            "MinimumEngineVersion": since,
            "ChangeType": "requires-reboot" if marked.startswith("*") else "immediate",
        }
        if allowed:
            parameter["AllowedValues"] = allowed
        found[name] = parameter
    return found


def _in(part, value):
    bounds = re.fullmatch(r"(-?\d+)-(\d*)", part)
    if not bounds:
        return int(value) == int(part)
    return int(bounds[1]) <= int(value) and (not bounds[2] or int(value) <= int(bounds[2]))


def allows(parameter, value):
    allowed = parameter.get("AllowedValues")
    if parameter["ParameterName"] == "notify-keyspace-events":
        return bool(EVENTS.fullmatch(value))
    if not allowed:
        return True
    if parameter["DataType"] == "integer":
        return bool(re.fullmatch(r"-?\d+", value)) and any(_in(part, value) for part in allowed.split(","))
    return value in allowed.split(",")
