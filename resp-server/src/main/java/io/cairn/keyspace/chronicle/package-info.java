/** The off-heap index of keys: the only user of Chronicle Map. */
@NullMarked
package io.cairn.keyspace.chronicle;

import org.jspecify.annotations.NullMarked;
