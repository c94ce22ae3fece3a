/** Strict serializability of list-append transactions, by cycles of dependencies (Kingsbury and Alvaro, "Elle", VLDB 2020). */
@NullMarked
package io.cairn.jepsen.check.append;

import org.jspecify.annotations.NullMarked;
