@NullMarked
package io.cairn.raft.group;

import org.jspecify.annotations.NullMarked;
