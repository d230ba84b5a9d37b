"""The parameters of the families postgres13 to postgres18: name, type, when a change takes effect, allowed values, and the
value that RDS sets. Sizes are in the units of pg_settings.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Parameter.html
"""

import functools
import re

# name | s(tatic) or d(ynamic) | type | allowed | value that RDS sets ("" leaves the engine's own) | description
# A "!" before the name: cannot be modified; "@N" after it: from version N; "@-N": up to N; "@N-M": from N to M.
_TABLE = r"""
application_name|d|string|||Sets the application name to be reported in statistics and logs.
array_nulls|d|boolean|0,1||Enable input of NULL elements in arrays.
authentication_timeout|d|integer|1-600||(s) Sets the maximum allowed time to complete client authentication.
auto_explain.log_analyze|d|boolean|0,1||Use EXPLAIN ANALYZE for plan logging.
auto_explain.log_buffers|d|boolean|0,1||Log buffers usage.
auto_explain.log_min_duration|d|integer|-1-2147483647||(ms) Sets the minimum execution time above which plans will be logged.
auto_explain.sample_rate|d|float|0-1||Fraction of queries to process.
autovacuum|d|boolean|0,1|1|Starts the autovacuum subprocess.
autovacuum_analyze_scale_factor|d|float|0-100|0.05|Number of tuple inserts, updates or deletes prior to analyze as a fraction of reltuples.
autovacuum_analyze_threshold|d|integer|0-2147483647|50|Minimum number of tuple inserts, updates or deletes prior to analyze.
autovacuum_freeze_max_age|s|integer|100000-2000000000|200000000|Age at which to autovacuum a table to prevent transaction ID wraparound.
autovacuum_max_workers|s|integer|1-262143|GREATEST({DBInstanceClassMemory/64371566592},3)|Sets the maximum number of simultaneously running autovacuum worker processes.
autovacuum_naptime|d|integer|1-2147483|15|(s) Time to sleep between autovacuum runs.
autovacuum_vacuum_cost_delay|d|float|-1-100|2|(ms) Vacuum cost delay in milliseconds, for autovacuum.
autovacuum_vacuum_cost_limit|d|integer|-1-10000|GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)|Vacuum cost amount available before napping, for autovacuum.
autovacuum_vacuum_insert_scale_factor|d|float|0-100||Number of tuple inserts prior to vacuum as a fraction of reltuples.
autovacuum_vacuum_scale_factor|d|float|0-100|0.1|Number of tuple updates or deletes prior to vacuum as a fraction of reltuples.
autovacuum_vacuum_threshold|d|integer|0-2147483647|50|Minimum number of tuple updates or deletes prior to vacuum.
autovacuum_work_mem|d|integer|-1-2147483647|GREATEST({DBInstanceClassMemory/32768},131072)|(kB) Sets the maximum memory to be used by each autovacuum worker process.
backend_flush_after|d|integer|0-256||(8kB) Number of pages after which previously performed writes are flushed to disk.
bgwriter_delay|d|integer|10-10000||(ms) Background writer sleep time between rounds.
bgwriter_lru_maxpages|d|integer|0-1073741823||Background writer maximum number of LRU pages to flush per round.
bytea_output|d|string|hex,escape||Sets the output format for bytea.
!checkpoint_completion_target|d|float|0-1|0.9|Time spent flushing dirty buffers during checkpoint, as fraction of checkpoint interval.
checkpoint_timeout|d|integer|30-3600||(s) Sets the maximum time between automatic WAL checkpoints.
client_encoding|d|string|||Sets the client's character set encoding.
client_min_messages|d|string|debug5,debug4,debug3,debug2,debug1,log,notice,warning,error||Sets the message levels that are sent to the client.
!config_file|s|string||/rdsdbdata/config/postgresql.conf|Sets the server's main configuration file.
constraint_exclusion|d|string|on,off,partition||Enables the planner to use constraints to optimize queries.
cpu_tuple_cost|d|float|0-1.79769e+308||Sets the planner's estimate of the cost of processing each tuple (row).
!data_directory|s|string||/rdsdbdata/db|Sets the server's data directory.
datestyle|d|string|||Sets the display format for date and time values.
deadlock_timeout|d|integer|1-2147483647||(ms) Sets the time to wait on a lock before checking for deadlock.
debug_pretty_print|d|boolean|0,1||Indents parse and plan tree displays.
default_statistics_target|d|integer|1-10000||Sets the default statistics target.
default_toast_compression@14|d|string|pglz,lz4||Sets the default compression method for compressible values.
default_transaction_isolation|d|string|serializable,repeatable read,read committed,read uncommitted||Sets the transaction isolation level of each new transaction.
default_transaction_read_only|d|boolean|0,1||Sets the default read-only status of new transactions.
effective_cache_size|d|integer|1-2147483647|{DBInstanceClassMemory/16384}|(8kB) Sets the planner's assumption about the size of the disk cache.
effective_io_concurrency|d|integer|0-1000||Number of simultaneous requests that can be handled efficiently by the disk subsystem.
enable_hashjoin|d|boolean|0,1||Enables the planner's use of hash join plans.
enable_indexscan|d|boolean|0,1||Enables the planner's use of index-scan plans.
enable_nestloop|d|boolean|0,1||Enables the planner's use of nested-loop join plans.
enable_partitionwise_join|d|boolean|0,1||Enables partitionwise join.
enable_seqscan|d|boolean|0,1||Enables the planner's use of sequential-scan plans.
escape_string_warning|d|boolean|0,1||Warn about backslash escapes in ordinary string literals.
!fsync|d|boolean|0,1|1|Forces synchronization of updates to disk.
!full_page_writes|d|boolean|0,1|1|Writes full pages to WAL when first modified after a checkpoint.
gin_fuzzy_search_limit|d|integer|0-2147483647||Sets the maximum allowed result for exact search by GIN.
!hba_file|s|string||/rdsdbdata/config/pg_hba.conf|Sets the server's hba configuration file.
hash_mem_multiplier|d|float|1-1000||Multiple of work_mem to use for hash tables.
hot_standby_feedback|d|boolean|0,1||Allows feedback from a hot standby to the primary that will avoid query conflicts.
huge_pages|s|string|on,off,try|on|Use of huge pages on Linux.
idle_in_transaction_session_timeout|d|integer|0-2147483647|86400000|(ms) Sets the maximum allowed duration of any idling transaction.
idle_session_timeout@14|d|integer|0-2147483647||(ms) Sets the maximum allowed idle time between queries, when not in a transaction.
intervalstyle|d|string|postgres,postgres_verbose,sql_standard,iso_8601||Sets the display format for interval values.
io_method@18|s|string|sync,worker,io_uring||Selects the method for executing asynchronous I/O.
jit|d|boolean|0,1||Allow JIT compilation.
join_collapse_limit|d|integer|1-2147483647||Sets the FROM-list size beyond which JOIN constructs are not flattened.
krb_caseins_users|d|boolean|0,1||Sets whether Kerberos and GSSAPI user names should be treated as case-insensitive.
lc_messages|d|string|||Sets the language in which messages are displayed.
!listen_addresses|s|string||*|Sets the host name or IP address(es) to listen to.
lock_timeout|d|integer|0-2147483647||(ms) Sets the maximum allowed duration of any wait for a lock.
log_autovacuum_min_duration|d|integer|-1-2147483647|10000|(ms) Sets the minimum execution time above which autovacuum actions will be logged.
log_checkpoints|d|boolean|0,1|1|Logs each checkpoint.
log_connections@-17|d|boolean|0,1||Logs each successful connection.
log_connections@18|d|list|receipt,authentication,authorization,setup_durations,all,on,off,0,1||Logs aspects of connection establishment and setup.
log_destination|d|list|stderr,csvlog|stderr|Sets the destination for server log output.
log_disconnections|d|boolean|0,1||Logs end of a session, including duration.
log_duration|d|boolean|0,1||Logs the duration of each completed SQL statement.
log_error_verbosity|d|string|terse,default,verbose||Sets the verbosity of logged messages.
log_executor_stats|d|boolean|0,1||Writes executor performance statistics to the server log.
!log_file_mode|d|integer||0644|Sets the file permissions for log files.
!log_filename|d|string|postgresql.log.%Y-%m-%d,postgresql.log.%Y-%m-%d-%H,postgresql.log.%Y-%m-%d-%H%M|postgresql.log.%Y-%m-%d-%H%M|Sets the file name pattern for log files.
log_hostname|d|boolean|0,1||Logs the host name in the connection logs.
!log_line_prefix|d|string|%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:,%t:%r:%u@%d:[%p]:|%t:%r:%u@%d:[%p]:|Controls information prefixed to each log line.
log_lock_waits|d|boolean|0,1||Logs long lock waits.
log_min_duration_sample|d|integer|-1-2147483647||(ms) Sets the minimum execution time above which a sample of statements will be logged.
log_min_duration_statement|d|integer|-1-2147483647||(ms) Sets the minimum execution time above which statements will be logged.
log_min_error_statement|d|string|debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic||Causes all statements generating error at or above this level to be logged.
log_min_messages|d|string|debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic||Sets the message levels that are logged.
log_parameter_max_length|d|integer|-1-1073741823||(B) When logging statements, limit logged parameter values to first N bytes.
log_recovery_conflict_waits@14|d|boolean|0,1||Logs standby recovery conflict waits.
log_rotation_age|d|integer|1-1440|60|(min) Automatic log file rotation will occur after N minutes.
log_rotation_size|d|integer|0-2097151||(kB) Automatic log file rotation will occur after N kilobytes.
log_statement|d|string|none,ddl,mod,all||Sets the type of statements logged.
log_statement_sample_rate|d|float|0-1||Fraction of statements exceeding log_min_duration_sample to be logged.
log_statement_stats|d|boolean|0,1||Writes cumulative performance statistics to the server log.
log_temp_files|d|integer|-1-2147483647||(kB) Log the use of temporary files larger than this number of kilobytes.
!log_timezone|d|string||UTC|Sets the time zone to use in log messages.
!logging_collector|s|boolean|0,1|1|Start a subprocess to capture stderr output and/or csvlogs into log files.
logical_decoding_work_mem|d|integer|64-2147483647||(kB) Sets the maximum memory to be used for logical decoding.
maintenance_work_mem|d|integer|1024-2147483647|GREATEST({DBInstanceClassMemory*1024/63963136},65536)|(kB) Sets the maximum memory to be used for maintenance operations.
max_connections|s|integer|6-8388607|LEAST({DBInstanceClassMemory/9531392},5000)|Sets the maximum number of concurrent connections.
max_locks_per_transaction|s|integer|10-2147483647|64|Sets the maximum number of locks per transaction.
max_logical_replication_workers|s|integer|0-262143||Maximum number of logical replication worker processes.
max_parallel_maintenance_workers|d|integer|0-1024||Sets the maximum number of parallel processes per maintenance operation.
max_parallel_workers|d|integer|0-1024|GREATEST($DBInstanceVCPU/2,8)|Sets the maximum number of parallel workers that can be active at one time.
max_parallel_workers_per_gather|d|integer|0-1024||Sets the maximum number of parallel processes per executor node.
max_prepared_transactions|s|integer|0-262143|0|Sets the maximum number of simultaneously prepared transactions.
max_replication_slots|s|integer|0-262143|20|Sets the maximum number of simultaneously defined replication slots.
max_slot_wal_keep_size|d|integer|-1-2147483647||(MB) Sets the maximum WAL size that can be reserved by replication slots.
max_stack_depth|d|integer|100-2147483647|6144|(kB) Sets the maximum stack depth, in kilobytes.
max_standby_streaming_delay|d|integer|-1-2147483647|14000|(ms) Sets the maximum delay before canceling queries when a hot standby server is processing streamed WAL data.
max_wal_senders|s|integer|0-262143|20|Sets the maximum number of simultaneously running WAL sender processes.
max_wal_size|d|integer|2-2147483647|2048|(MB) Sets the WAL size that triggers a checkpoint.
max_worker_processes|s|integer|0-262143|GREATEST($DBInstanceVCPU*2,8)|Sets the maximum number of concurrent worker processes.
min_wal_size|d|integer|2-2147483647|192|(MB) Sets the minimum size to shrink the WAL to.
password_encryption|d|string|md5,scram-sha-256||Encrypt passwords.
pg_stat_statements.max|s|integer|100-2147483647||Sets the maximum number of statements tracked by pg_stat_statements.
pg_stat_statements.track|d|string|none,top,all||Selects which statements are tracked by pg_stat_statements.
pgaudit.log|d|list|ddl,function,misc,read,role,write,none,all,-ddl,-function,-misc,-read,-role,-write||Specifies which classes of statements will be logged by session audit logging.
pgaudit.role|d|string|||Specifies the master role to use for object audit logging.
plan_cache_mode|d|string|auto,force_generic_plan,force_custom_plan||Controls the planner's selection of custom or generic plan.
!port|s|integer|1-65535|{EndPointPort}|Sets the TCP port the server listens on.
random_page_cost|d|float|0-1.79769e+308||Sets the planner's estimate of the cost of a nonsequentially fetched disk page.
rds.accepted_password_auth_method|d|string|md5+scram,scram|md5+scram|Force authentication for connections with passwords stored locally.
rds.adaptive_autovacuum|d|boolean|0,1|1|RDS parameter to enable/disable adaptive autovacuum.
rds.allowed_extensions|d|string|||Allowed extensions.
rds.force_admin_logging_level|d|string|disabled,debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic||See log messages for RDS admin user actions in customer databases.
rds.force_autovacuum_logging_level|d|string|disabled,debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic|warning|See log messages related to autovacuum operations.
rds.force_ssl@-14|d|boolean|0,1|0|Force SSL connections.
rds.force_ssl@15|d|boolean|0,1|1|Force SSL connections.
rds.log_retention_period|d|integer|1440-10080|4320|Amazon RDS will delete PostgreSQL log that are older than N minutes.
rds.logical_replication|s|boolean|0,1|0|Enables logical decoding.
rds.rds_superuser_reserved_connections|s|integer|0-8388607|2|Sets the number of connection slots reserved for rds_superusers.
rds.restrict_password_commands|s|boolean|0,1||Restricts password-related commands to members of rds_password.
!rds.superuser_variables|s|string||session_replication_role|List of superuser-only variables for which we elevate rds_superuser modification statements.
search_path|d|string|||Sets the schema search order for names that are not schema-qualified.
seq_page_cost|d|float|0-1.79769e+308||Sets the planner's estimate of the cost of a sequentially fetched disk page.
session_replication_role|d|string|origin,replica,local||Sets the sessions behavior for triggers and rewrite rules.
shared_buffers|s|integer|16-1073741823|{DBInstanceClassMemory/32768}|(8kB) Sets the number of shared memory buffers used by the server.
shared_preload_libraries|s|list|auto_explain,orafce,pgaudit,pglogical,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,pg_similarity,pg_stat_statements,pg_tle,pg_transport,plprofiler|pg_stat_statements|Lists shared libraries to preload into server.
!ssl|s|boolean|0,1|1|Enables SSL connections.
!ssl_ca_file|s|string||/rdsdbdata/rds-metadata/ca-cert.pem|Location of the SSL server authority file.
ssl_ciphers|d|list|HIGH,!aNULL,!3DES,ECDHE-RSA-AES256-GCM-SHA384,ECDHE-RSA-AES128-GCM-SHA256||Sets the list of allowed TLS ciphers to be used on secure connections.
ssl_max_protocol_version|d|string|TLSv1,TLSv1.1,TLSv1.2,TLSv1.3||Sets the maximum SSL/TLS protocol version to use.
ssl_min_protocol_version|d|string|TLSv1,TLSv1.1,TLSv1.2,TLSv1.3|TLSv1.2|Sets the minimum SSL/TLS protocol version to use.
standard_conforming_strings|d|boolean|0,1||Causes ... strings to treat backslashes literally.
statement_timeout|d|integer|0-2147483647||(ms) Sets the maximum allowed duration of any statement.
superuser_reserved_connections|s|integer|0-262143|3|Sets the number of connection slots reserved for superusers.
synchronize_seqscans|d|boolean|0,1||Enable synchronized sequential scans.
synchronous_commit|d|string|local,on,off|on|Sets the current transactions synchronization level.
tcp_keepalives_count|d|integer|0-2147483647||Maximum number of TCP keepalive retransmits.
tcp_keepalives_idle|d|integer|0-2147483647|300|(s) Time between issuing TCP keepalives.
tcp_keepalives_interval|d|integer|0-2147483647|30|(s) Time between TCP keepalive retransmits.
temp_buffers|d|integer|100-1073741823||(8kB) Sets the maximum number of temporary buffers used by each session.
temp_file_limit|d|integer|-1-2147483647||(kB) Constrains the total amount disk space used for temporary files by each process.
timezone|d|string||UTC|Sets the time zone for displaying and interpreting time stamps.
track_activities|d|boolean|0,1||Collects information about executing commands.
track_activity_query_size|s|integer|100-1048576|4096|Sets the size reserved for pg_stat_activity.current_query, in bytes.
track_commit_timestamp|s|boolean|0,1||Collects transaction commit time.
track_counts|d|boolean|0,1||Collects statistics on database activity.
track_functions|d|string|none,pl,all|pl|Collects function-level statistics on database activity.
track_io_timing|d|boolean|0,1|1|Collects timing statistics on database IO activity.
!unix_socket_directories|s|string||/tmp|Sets the directories where Unix-domain sockets will be created.
vacuum_cost_limit|d|integer|1-10000||Vacuum cost amount available before napping.
vacuum_cost_page_miss|d|integer|0-10000||Vacuum cost for a page not found in the buffer cache.
vacuum_freeze_min_age|d|integer|0-1000000000||Minimum age at which VACUUM should freeze a table row.
wal_buffers|s|integer|-1-262143||(8kB) Sets the number of disk-page buffers in shared memory for WAL.
wal_compression@-14|d|boolean|0,1|1|Compresses full-page writes written in WAL file.
wal_compression@15|d|string|off,on,pglz,lz4,zstd|zstd|Compresses full-page writes written in WAL file.
wal_keep_size|d|integer|0-2147483647|2048|(MB) Sets the size of WAL files held for standby servers.
wal_receiver_timeout|d|integer|0-3600000|30000|(ms) Sets the maximum wait time to receive data from the primary.
wal_sender_timeout|d|integer|0-3600000|30000|(ms) Sets the maximum time to wait for WAL replication.
work_mem|d|integer|64-2147483647||(kB) Sets the maximum memory to be used for query workspaces.
xmlbinary|d|string|base64,hex||Sets how binary values are to be encoded in XML.
xmloption|d|string|content,document||Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.
"""

MAJORS = range(13, 19)
FAMILY = re.compile(r"postgres(\d+)")
NUMBER = r"-?\d+(?:\.\d+)?(?:e\+\d+)?"
RANGE = re.compile(rf"({NUMBER})-({NUMBER})")


def _applies(marks, major):
    if not marks:
        return True
    if marks.startswith("-"):
        return major <= int(marks[1:])
    first, _, last = marks.partition("-")
    return int(first) <= major <= int(last or 1000)


@functools.cache
def of_family(family):
    """The parameters of a family by name, with the values of its default group; None for a family of another engine."""
    found = FAMILY.fullmatch(family or "")
    if not found or int(found[1]) not in MAJORS:
        return None
    major, parameters = int(found[1]), {}
    for line in _TABLE.strip().splitlines():
        name, apply_type, data_type, allowed, value, text = line.split("|")
        name, _, marks = name.partition("@")
        if not _applies(marks, major):
            continue
        parameter = {
            "ParameterName": name.lstrip("!"),
            "Description": text,
            "Source": "system" if value else "engine-default",
            "ApplyType": "static" if apply_type == "s" else "dynamic",
            "DataType": data_type,
            "IsModifiable": not name.startswith("!"),
            "ApplyMethod": "pending-reboot",
        }
        if allowed:
            parameter["AllowedValues"] = allowed
        if value:
            parameter["ParameterValue"] = value
        parameters[parameter["ParameterName"]] = parameter
    return parameters


def _is_number(value, data_type):
    try:
        float(value) if data_type == "float" else int(value)
    except ValueError:
        return False
    return True


def allows(parameter, value):
    """Whether a value is allowed. Formulas with the instance's memory are always allowed."""
    allowed, data_type = parameter.get("AllowedValues"), parameter["DataType"]
    if data_type in ("integer", "float"):
        if "{" in value or "$" in value:
            return True
        if not _is_number(value, data_type):
            return False
        bounds = RANGE.fullmatch(allowed or "")
        return not bounds or float(bounds[1]) <= float(value) <= float(bounds[2])
    if not allowed:
        return True
    if data_type == "list":
        return all(one.strip() in allowed.split(",") for one in value.split(",") if one.strip())
    return value in allowed.split(",")
