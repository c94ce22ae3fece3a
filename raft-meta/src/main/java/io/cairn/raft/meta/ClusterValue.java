package io.cairn.raft.meta;

/**
 * A named value that the whole cluster shares; what it means is known to the layer above.
 *
 * @param version the meta log's index that set it: a later value has a higher one
 */
public record ClusterValue(long version, String text) {}
