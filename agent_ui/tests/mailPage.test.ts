import { expect, test } from 'vitest'
import { readMailPage } from '@/ticket/mailPage'

const page = (body: string): string => `<!doctype html><html><head><style>body{margin:0}</style></head><body>${body}</body></html>`

test.each([
  ['nothing', ''], ['blank lines', '<p> </p><div>\n&nbsp;</div><br>'], ['only a style', '<style>p{color:red}</style>'],
])('a mail of %s is empty', (_name, body) => {
  expect(readMailPage(page(body), 0)).toEqual({ state: 'empty' })
})

test.each([
  ['text', '<p>Hello</p>', 0], ['a picture of its own', '<img src="data:image/png;base64,AA==">', 0], ['a blocked picture', '<p></p>', 1],
])('a mail of %s is shown', (_name, body, remotePictures) => {
  expect(readMailPage(page(body), remotePictures)).toMatchObject({ state: 'shown', remotePictures })
})

test.each([
  ['one word', '<p>Hello</p>', 96], ['ten paragraphs', '<p>Hello</p>'.repeat(10), 260], ['a book', '<p>word</p>'.repeat(5000), 560],
])('the frame of a mail of %s begins as high as its text asks', (_name, body, heightPx) => {
  expect(readMailPage(page(body), 0)).toMatchObject({ heightPx })
})
