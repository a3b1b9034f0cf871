package words

import (
	"fmt"
	"strings"
)

// Some writes the words of a list, at most so many of them: "a, b and 3 more".
func Some(list []string, most int) string {
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}
