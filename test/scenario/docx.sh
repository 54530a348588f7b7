# SPDX-License-Identifier: Apache-2.0
# test/scenario/docx.sh: Word documents for the tests, made of hand-written parts with zip. A test sources it
# after lib.sh.
#
# shellcheck shell=sh disable=SC2034

W='xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R='xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
REL=http://schemas.openxmlformats.org/officeDocument/2006/relationships
WML=application/vnd.openxmlformats-officedocument.wordprocessingml

# A picture: 8 times 8 dots in one colour.
png=
png=$png'\211\120\116\107\015\012\032\012\000\000\000\015\111\110\104\122\000\000\000\010\000\000\000\010\010\002\000\000'
png=$png'\000\113\155\051\334\000\000\000\021\111\104\101\124\170\332\143\060\116\233\211\025\061\014\055\011\000\312\373'
png=$png'\114\201\175\015\270\265\000\000\000\000\111\105\116\104\256\102\140\202'

# part FILE: standard input becomes that part of the document in the folder doc.
part() {
	mkdir -p -- "doc/$(dirname -- "$1")"
	cat >"doc/$1"
}

# xml FILE: likewise, with an XML declaration.
xml() {
	{
		echo '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
		cat
	} | part "$1"
}

# new_document begins a document without text in the folder doc.
new_document() {
	rm -rf doc
	xml '[Content_Types].xml' <<-END
	<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels"
	 ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml"
	 ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/><Override
	 PartName="/word/document.xml" ContentType="$WML.document.main+xml"/><Override
	 PartName="/word/styles.xml" ContentType="$WML.styles+xml"/><Override
	 PartName="/word/footnotes.xml" ContentType="$WML.footnotes+xml"/><Override
	 PartName="/word/comments.xml" ContentType="$WML.comments+xml"/><Override
	 PartName="/word/header1.xml" ContentType="$WML.header+xml"/><Override
	 PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>
	END
	xml _rels/.rels <<-END
	<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
	 Type="$REL/officeDocument" Target="word/document.xml"/><Relationship Id="rId2"
	 Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
	 Target="docProps/core.xml"/></Relationships>
	END
	xml docProps/core.xml <<-END
	<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
	 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A paper</dc:title><dc:creator>The
	 author</dc:creator><cp:revision>7</cp:revision></cp:coreProperties>
	END
	xml word/_rels/document.xml.rels <<-END
	<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
	 Type="$REL/styles" Target="styles.xml"/><Relationship Id="rId2" Type="$REL/footnotes"
	 Target="footnotes.xml"/><Relationship Id="rId3" Type="$REL/header" Target="header1.xml"/><Relationship
	 Id="rId4" Type="$REL/image" Target="media/image1.png"/><Relationship Id="rId5" Type="$REL/hyperlink"
	 Target="http://example.org/" TargetMode="External"/></Relationships>
	END
	xml word/styles.xml <<-END
	<w:styles $W><w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="22"/></w:rPr></w:rPrDefault></w:docDefaults><w:style
	 w:type="paragraph" w:default="1" w:styleId="Standard"><w:name w:val="Normal"/></w:style><w:style
	 w:type="paragraph" w:styleId="Titre1"><w:name w:val="heading 1"/><w:basedOn w:val="Standard"/><w:rPr><w:b/><w:sz
	 w:val="32"/></w:rPr></w:style></w:styles>
	END
	xml word/header1.xml <<-END
	<w:hdr $W><w:p><w:r><w:t>Confidential</w:t></w:r></w:p></w:hdr>
	END
	printf "$png" | part word/media/image1.png
	footnotes ''
	body ''
}

# footnotes TEXT: the content of footnote 2.
footnotes() {
	xml word/footnotes.xml <<-END
	<w:footnotes $W><w:footnote w:type="separator"
	 w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote><w:footnote w:type="continuationSeparator"
	 w:id="1"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote><w:footnote
	 w:id="2"><w:p><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r><w:r><w:t
	 xml:space="preserve"> $1</w:t></w:r></w:p></w:footnote></w:footnotes>
	END
}

# body XML: the paragraphs of the document.
body() {
	xml word/document.xml <<-END
	<w:document $W $R><w:body>$1<w:sectPr w:rsidR="00AA0001"><w:headerReference w:type="default"
	 r:id="rId3"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134"
	 w:header="709" w:footer="709" w:gutter="0"/></w:sectPr></w:body></w:document>
	END
}

# p TEXT: a paragraph.
p() {
	printf '<w:p><w:r><w:t xml:space="preserve">%s</w:t></w:r></w:p>' "$1"
}

# pack FILE: the folder doc as a document. Every part has a time of its own.
pack() {
	rm -f -- "$1"
	i=10
	for name in '[Content_Types].xml' _rels/.rels word/document.xml word/_rels/document.xml.rels word/footnotes.xml \
		word/header1.xml word/media/image1.png word/styles.xml docProps/core.xml ${more_parts-}; do
		touch -d "2024-03-05 11:$i:00" "doc/$name"
		i=$((i + 1))
		(cd doc && zip -qX ../packed.zip "$name") || return 1
	done
	mv packed.zip "$1"
}
