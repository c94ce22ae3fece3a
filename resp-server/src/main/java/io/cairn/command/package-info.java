/** Command framework: table, arguments, call context, and the command families. */
@NullMarked
package io.cairn.command;

import org.jspecify.annotations.NullMarked;
