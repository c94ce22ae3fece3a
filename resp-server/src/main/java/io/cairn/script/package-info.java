/**
 * Lua scripts: the interpreter (real Lua 5.1 through luajava, at home here only), its sandbox and libraries, the script
 * cache and the thread that runs scripts. See DESIGN-scripting.md.
 */
@NullMarked
package io.cairn.script;

import org.jspecify.annotations.NullMarked;
