package io.cairn.server;

import io.cairn.acl.Acl;
import io.cairn.command.CommandTable;
import io.cairn.command.KeyEvents;
import io.cairn.config.Config;
import io.cairn.keyspace.Keyspace;
import io.cairn.metrics.NodeStats;
import io.cairn.mode.BlockedKeys;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.MemoryLimit;
import io.cairn.pubsub.Hub;
import io.cairn.resp.ConnectionRegistry;
import io.cairn.resp.Endpoint;
import io.cairn.resp.Transport;
import java.util.concurrent.ExecutorService;

/**
 * What a node's backend is made of.
 *
 * @param config this node's view
 * @param acl the node's users
 * @param blocked who waits for which keys
 * @param events told of what happens to the node's keys
 * @param hub who listens to which channels
 * @param memory the node's maxmemory
 * @param changes who follows the node is told of changes by this
 * @param background threads of the process for work that blocks (snapshots)
 * @param failure stops the process: something after which nothing may be acknowledged
 */
public record NodeParts(
        Config config,
        NodeDirectory directory,
        Keyspace keyspace,
        CommandTable commands,
        NodeStats stats,
        KeyEvents events,
        ConnectionRegistry connections,
        Acl acl,
        BlockedKeys blocked,
        Hub hub,
        MemoryLimit memory,
        ChangeStream changes,
        Transport transport,
        ExecutorService background,
        Endpoint.Failure failure) {}
