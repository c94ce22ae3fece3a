/** The keyspace: databases, stripes, values, expiry. */
@NullMarked
package io.cairn.keyspace;

import org.jspecify.annotations.NullMarked;
