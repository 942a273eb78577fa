import { beforeEach, expect, test } from 'vitest'
import { effectScope, nextTick } from 'vue'
import { draftFor, forgetDrafts, type Draft } from '@/composer/drafts'

const draftOf = (userId: string): Draft => draftFor({ userId, ticketId: 't1', kind: 'reply' }, [])
const stored = (): string => JSON.stringify({ ...sessionStorage })

async function write(userId: string, text: string): Promise<void> {
  draftOf(userId).text = text
  await nextTick()
}

beforeEach(() => {
  forgetDrafts({ except: null })
  sessionStorage.clear()
})

test('a draft is there again for the person who wrote it', async () => {
  await write('mira', 'Your refund')
  expect(draftOf('mira').text).toBe('Your refund')
  expect(stored()).toContain('Your refund')
})

test('a draft is not shown to another person in the same tab', async () => {
  await write('mira', 'Your refund')
  expect(draftOf('lina').text).toBe('')
})

test('signing out leaves no draft behind, in memory or in the storage', async () => {
  await write('mira', 'Your refund')
  forgetDrafts({ except: null })
  expect(stored()).not.toContain('Your refund')
  expect(draftOf('mira').text).toBe('')
})

test('a forgotten draft is not written again by what still holds it', async () => {
  const held = draftOf('mira')
  held.text = 'Your'
  forgetDrafts({ except: null })
  held.text = 'Your refund'
  await nextTick()
  expect(stored()).not.toContain('Your')
})

test('whoever signs in keeps their own drafts and nobody else\'s', async () => {
  await write('mira', 'Your refund')
  await write('lina', 'The invoice')
  forgetDrafts({ except: 'lina' })
  expect([draftOf('lina').text, draftOf('mira').text]).toEqual(['The invoice', ''])
  expect(stored()).not.toContain('Your refund')
})

test('a draft is kept when it is written to after the composer that began it was left', async () => {
  const composer = effectScope()
  const draft = composer.run(() => draftOf('mira')) ?? draftOf('mira')
  composer.stop()
  draft.text = 'Your refund'
  await nextTick()
  expect(stored()).toContain('Your refund')
})
