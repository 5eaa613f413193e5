// <{ header | comment }>

// Package images knows what was built for this release.
package images

// Release is what the tags of the images carry.
const Release = <{ release.tag }>

// Cache are the images that environments begin with, by CUDA; "none" is without.
var Cache = []struct{ CUDA, Reference string }{
<% for spec in specs if spec.image == "python-cache" %>
	{<{ spec.cell.cuda }>, <{ spec.reference }>},
<% endfor %>
}

// SSH is the image that the SSH server is copied from.
const SSH = <% for spec in specs if spec.image == "sshd" %><{ spec.reference }><% endfor %>

