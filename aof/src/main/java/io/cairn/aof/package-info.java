/** The segmented log: append, group commit, truncation, snapshots, check and repair. Knows neither Redis nor Raft. */
@NullMarked
package io.cairn.aof;

import org.jspecify.annotations.NullMarked;
