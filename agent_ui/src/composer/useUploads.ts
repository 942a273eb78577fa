/** Files on their way into a draft: by button, by dropping, by pasting. */
import { computed } from 'vue'
import { newKey } from '@/api/client'
import { uploadFile } from '@/api/desk'
import { useNotify } from '@/parts/notify'
import type { Draft } from './drafts'

export function useUploads(draft: () => Draft) {
  const notify = useNotify()

  async function add(file: File): Promise<void> {
    const target = draft()
    const key = newKey()
    target.files.push({ key, name: file.name, size_bytes: file.size, state: 'uploading', upload: null })
    const entry = () => target.files.find((one) => one.key === key)
    try {
      const upload = await uploadFile(file)
      Object.assign(entry() ?? {}, { state: 'ready', upload })
    } catch (error) {
      Object.assign(entry() ?? {}, { state: 'failed' })
      notify.failed(error)
    }
  }

  function addAll(files: Iterable<File>): void {
    for (const file of files) void add(file)
  }

  function remove(key: string): void {
    const target = draft()
    target.files = target.files.filter((file) => file.key !== key)
  }

  const busy = computed(() => draft().files.some((file) => file.state === 'uploading'))
  return { addAll, remove, busy }
}
