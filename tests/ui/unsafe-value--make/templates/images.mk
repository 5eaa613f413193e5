NOTE := <{ specs[0].meta.note }>
