/** Short words in the corner: what went wrong, or what just happened without being asked for. */
import { useToast } from '@nuxt/ui/composables/useToast'
import { useProblemText } from '@/i18n/problem'

export function useNotify() {
  const toast = useToast()
  const problemText = useProblemText()
  return {
    failed: (error: unknown) => toast.add({ title: problemText(error), color: 'error', icon: 'i-lucide-circle-alert' }),
    warn: (title: string) => toast.add({ title, color: 'warning', icon: 'i-lucide-triangle-alert' }),
    tell: (title: string, description?: string) => toast.add({ title, description, color: 'neutral', icon: 'i-lucide-info' }),
    done: (title: string) => toast.add({ title, color: 'success', icon: 'i-lucide-circle-check' }),
  }
}
