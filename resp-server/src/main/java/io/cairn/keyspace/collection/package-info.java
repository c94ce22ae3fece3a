/** Collections of native memory: compact forms, and objects for the large. Nothing here knows of commands or replies. */
@NullMarked
package io.cairn.keyspace.collection;

import org.jspecify.annotations.NullMarked;
