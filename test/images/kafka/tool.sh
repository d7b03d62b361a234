#!/bin/bash
# All kafka-*.sh of the image are links to this script: the link's name tells the
# class. It reads the variables that the scripts of a Kafka release read.
set -eu
class=
case ${0##*/} in
kafka-server-start.sh) class=kafka.Kafka ;;
kafka-storage.sh) class=kafka.tools.StorageTool ;;
kafka-acls.sh) class=org.apache.kafka.tools.AclCommand ;;
kafka-broker-api-versions.sh) class=org.apache.kafka.tools.BrokerApiVersionsCommand ;;
kafka-cluster.sh) class=org.apache.kafka.tools.ClusterTool ;;
kafka-configs.sh) class=kafka.admin.ConfigCommand ;;
kafka-console-consumer.sh) class=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
kafka-console-producer.sh) class=org.apache.kafka.tools.ConsoleProducer ;;
kafka-consumer-groups.sh) class=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
kafka-dump-log.sh) class=org.apache.kafka.tools.DumpLogSegments ;;
kafka-features.sh) class=org.apache.kafka.tools.FeatureCommand ;;
kafka-get-offsets.sh) class=org.apache.kafka.tools.GetOffsetShell ;;
kafka-log-dirs.sh) class=org.apache.kafka.tools.LogDirsCommand ;;
kafka-metadata-quorum.sh) class=org.apache.kafka.tools.MetadataQuorumCommand ;;
kafka-reassign-partitions.sh) class=org.apache.kafka.tools.reassign.ReassignPartitionsCommand ;;
kafka-topics.sh) class=org.apache.kafka.tools.TopicCommand ;;
kafka-verifiable-consumer.sh) class=org.apache.kafka.tools.VerifiableConsumer ;;
kafka-verifiable-producer.sh) class=org.apache.kafka.tools.VerifiableProducer ;;
esac
[ -z "$class" ] || set -- "$class" "$@"
# As a release does, and it fails as there where the folder cannot be written.
[ -z "${KAFKA_LOG4J_OPTS:-}" ] || mkdir -p "${LOG_DIR:=/opt/kafka/logs}"
read -ra options <<<"${KAFKA_HEAP_OPTS:--Xmx256M} ${KAFKA_JVM_PERFORMANCE_OPTS:--server -XX:+UseG1GC} ${KAFKA_JMX_OPTS:-} ${KAFKA_LOG4J_OPTS:-}"
# shellcheck disable=SC2086 # KAFKA_OPTS is a list of options
exec java "${options[@]}" -Dkafka.logs.dir="${LOG_DIR:-/opt/kafka/logs}" -cp '/opt/kafka/libs/*' ${KAFKA_OPTS:-} "$@"
