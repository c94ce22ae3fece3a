/** Composition root: a process and its nodes. */
@NullMarked
package io.cairn.server;

import org.jspecify.annotations.NullMarked;
