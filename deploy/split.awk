# Splits a CSV of deliveries among n devices so that all rows of one district
# (or, without that column, of one place) go to one device.
# usage: awk -v n=3 -v out=PREFIX -f split.awk FILE; writes PREFIX1.csv ...

# Splits one CSV record into f[1..]; returns how many.
function fields(s, f,    i, c, k, quoted) {
	k = 1
	f[1] = ""
	quoted = 0
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (quoted && c == "\"" && substr(s, i + 1, 1) == "\"") {
			f[k] = f[k] "\""
			i++
		} else if (c == "\"")
			quoted = !quoted
		else if (c == "," && !quoted)
			f[++k] = ""
		else
			f[k] = f[k] c
	}
	return k
}

# A quoted field may hold line breaks: join lines until the quotes are even.
{
	record = record == "" ? $0 : record "\n" $0
	if (gsub(/"/, "\"", record) % 2 == 1)
		next
	line = record
	record = ""
	sub(/\r$/, "", line)
}
!header {
	header = line
	sub(/^\357\273\277/, "", line)
	count = fields(line, name)
	for (i = 1; i <= count; i++)
		if (name[i] == "place" && !by || name[i] == "district")
			by = i
	for (i = 1; i <= n; i++)
		print header >(out i ".csv")
	next
}
{
	fields(line, value)
	key = value[by]
	if (!(key in device))
		device[key] = ++keys % n + 1
	print line >(out device[key] ".csv")
}
