/**
 * Keyboard shortcuts: who is on screen registers what works there, the sheet behind `?` lists
 * exactly what is registered. `mod` is ⌘ on a Mac and Ctrl elsewhere; "g i" is two keys in turn.
 */
import { onScopeDispose, shallowReactive } from 'vue'

export interface Shortcut {
  /** "j", "?", "g i", "mod+k", "alt+enter" */
  keys: string
  /** Catalogue key of what it does. */
  label: string
  run: () => void
  /** Works while a field has the focus too (only with a modifier). */
  inFields?: boolean
  /** Not shown in the sheet, for second names of the same thing. */
  hidden?: boolean
}

export const shortcuts = shallowReactive(new Set<Shortcut>())

const SEQUENCE_MS = 900

export function useShortcuts(list: Shortcut[]): void {
  for (const shortcut of list) shortcuts.add(shortcut)
  onScopeDispose(() => {
    for (const shortcut of list) shortcuts.delete(shortcut)
  })
}

export function isSingleLetter(keys: string): boolean {
  return !keys.includes('+') && keys !== 'enter'
}

export interface Press {
  key: string
  mod: boolean
  alt: boolean
}

/** "mod+k" and the like for one key press; shift is part of the character itself. */
export function pressName(press: Press): string {
  const parts = [press.mod ? 'mod' : '', press.alt ? 'alt' : '', press.key.toLowerCase()]
  return parts.filter((part) => part !== '').join('+')
}

/** The shortcut that this press completes; the one registered last wins. Pure. */
export function matchShortcut(
  list: Iterable<Shortcut>, before: string | null, pressed: string, allow: { inField: boolean; singles: boolean },
): Shortcut | null {
  const usable = [...list].reverse().filter((shortcut) => {
    if (allow.inField && shortcut.inFields !== true) return false
    return allow.singles || !isSingleLetter(shortcut.keys)
  })
  const sequence = before === null ? null : `${before} ${pressed}`
  return (
    usable.find((shortcut) => shortcut.keys === sequence) ??
    usable.find((shortcut) => shortcut.keys === pressed) ??
    null
  )
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

const OPEN_OVERLAY = ['dialog', 'menu', 'listbox'].map((role) => `#overlays [role="${role}"]`).join(',')

/** Listens on the window until the returned function is called. */
export function listenToKeys(singlesAllowed: () => boolean): () => void {
  let before: { key: string; at: number } | null = null
  function onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.defaultPrevented) return
    const pressed = pressName({ key: event.key, mod: event.metaKey || event.ctrlKey, alt: event.altKey })
    const recent = before !== null && event.timeStamp - before.at < SEQUENCE_MS ? before.key : null
    const found = matchShortcut(shortcuts, recent, pressed, {
      inField: isField(event.target) || document.querySelector(OPEN_OVERLAY) !== null,
      singles: singlesAllowed(),
    })
    before = { key: pressed, at: event.timeStamp }
    if (found === null) return
    if (pressed === 'enter' && isActivatable(event.target)) return
    event.preventDefault()
    event.stopPropagation()
    before = null
    found.run()
  }
  // In the capture phase: a focused menu button would take Alt+Enter for its own Enter.
  window.addEventListener('keydown', onKey, { capture: true })
  return () => window.removeEventListener('keydown', onKey, { capture: true })
}

function isActivatable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('a,button,[role="menuitem"]') !== null
}
