/* Table of the fixed parts of a DOCX package (ECMA-376 part 2 and part 1 §11). */
#include "report/report_docx_private.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define W "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
#define WORD "application/vnd.openxmlformats-officedocument.wordprocessingml."

const char docx_content_types[] =
	XML "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
	    "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
	    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
	    "<Override PartName=\"/word/document.xml\" ContentType=\"" WORD "document.main+xml\"/>"
	    "<Override PartName=\"/word/styles.xml\" ContentType=\"" WORD "styles+xml\"/>"
	    "<Override PartName=\"/word/numbering.xml\" ContentType=\"" WORD "numbering+xml\"/>"
	    "<Override PartName=\"/word/settings.xml\" ContentType=\"" WORD "settings+xml\"/>"
	    "<Override PartName=\"/word/header1.xml\" ContentType=\"" WORD "header+xml\"/>"
	    "<Override PartName=\"/word/footer1.xml\" ContentType=\"" WORD "footer+xml\"/>"
	    "<Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>"
	    "</Types>";

const char docx_root_rels[] =
	XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
	    "<Relationship Id=\"rId1\" Type=\"" OFFICE "officeDocument\" Target=\"word/document.xml\"/>"
	    "<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>"
	    "</Relationships>";

const char docx_document_rels[] =
	XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
	    "<Relationship Id=\"rId1\" Type=\"" OFFICE "styles\" Target=\"styles.xml\"/>"
	    "<Relationship Id=\"rId2\" Type=\"" OFFICE "numbering\" Target=\"numbering.xml\"/>"
	    "<Relationship Id=\"rId3\" Type=\"" OFFICE "settings\" Target=\"settings.xml\"/>"
	    "<Relationship Id=\"rId4\" Type=\"" OFFICE "header\" Target=\"header1.xml\"/>"
	    "<Relationship Id=\"rId5\" Type=\"" OFFICE "footer\" Target=\"footer1.xml\"/>"
	    "</Relationships>";

const char docx_settings[] =
	XML "<w:settings " W "><w:zoom w:percent=\"100\"/><w:defaultTabStop w:val=\"420\"/>"
	    "<w:characterSpacingControl w:val=\"compressPunctuation\"/>"
	    "<w:compat><w:compatSetting w:name=\"compatibilityMode\" "
	    "w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat></w:settings>";

#define STYLE(kind, id, name, more)                                                                \
	"<w:style w:type=\"" kind "\" w:styleId=\"" id "\"><w:name w:val=\"" name "\"/>" more "</w:style>"
#define PARA(id, name, next, ppr, rpr)                                                             \
	STYLE("paragraph", id, name,                                                               \
	      "<w:basedOn w:val=\"Normal\"/><w:next w:val=\"" next "\"/><w:qFormat/><w:pPr>" ppr     \
	      "</w:pPr><w:rPr>" rpr "</w:rPr>")
#define BORDER(side, size, color)                                                                  \
	"<w:" side " w:val=\"single\" w:sz=\"" size "\" w:space=\"0\" w:color=\"" color "\"/>"
#define BORDER_SPACED(side, size, space, color)                                                    \
	"<w:" side " w:val=\"single\" w:sz=\"" size "\" w:space=\"" space "\" w:color=\"" color "\"/>"
#define CELL_MARGINS                                                                               \
	"<w:tblCellMar><w:top w:w=\"50\" w:type=\"dxa\"/><w:left w:w=\"90\" w:type=\"dxa\"/>"         \
	"<w:bottom w:w=\"50\" w:type=\"dxa\"/><w:right w:w=\"90\" w:type=\"dxa\"/></w:tblCellMar>"

const char docx_styles[] =
	XML "<w:styles " W "><w:docDefaults><w:rPrDefault><w:rPr>"
	    "<w:rFonts w:ascii=\"Calibri\" w:hAnsi=\"Calibri\" w:eastAsia=\"Microsoft YaHei\" w:cs=\"Calibri\"/>"
	    "<w:color w:val=\"1B2430\"/><w:sz w:val=\"21\"/><w:szCs w:val=\"21\"/>"
	    "<w:lang w:val=\"en-US\" w:eastAsia=\"zh-CN\" w:bidi=\"ar-SA\"/></w:rPr></w:rPrDefault>"
	    "<w:pPrDefault><w:pPr><w:spacing w:after=\"100\" w:line=\"300\" w:lineRule=\"auto\"/></w:pPr>"
	    "</w:pPrDefault></w:docDefaults>"
	    "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/><w:qFormat/></w:style>"
	    "<w:style w:type=\"table\" w:default=\"1\" w:styleId=\"Plain\"><w:name w:val=\"Normal Table\"/>"
	    "<w:tblPr>" CELL_MARGINS "</w:tblPr></w:style>"
	    "<w:style w:type=\"table\" w:styleId=\"Lines\"><w:name w:val=\"Report Lines\"/><w:basedOn w:val=\"Plain\"/>"
	    "<w:tblPr><w:tblBorders>" BORDER("bottom", "4", "C6CFDB") BORDER("insideH", "4", "E6EAF0")
	    "</w:tblBorders>" CELL_MARGINS "</w:tblPr></w:style>"
	    STYLE("character", "Mono", "Report Mono",
		  "<w:rPr><w:rFonts w:ascii=\"Consolas\" w:hAnsi=\"Consolas\" w:eastAsia=\"Microsoft YaHei\" w:cs=\"Consolas\"/><w:sz w:val=\"18\"/></w:rPr>")
	    PARA("Heading1", "heading 1", "Normal",
		 "<w:keepNext/><w:keepLines/><w:pageBreakBefore/><w:pBdr>" BORDER_SPACED("bottom", "12", "4", "1B2430")
		 "</w:pBdr><w:spacing w:before=\"0\" w:after=\"240\"/><w:outlineLvl w:val=\"0\"/>",
		 "<w:b/><w:sz w:val=\"32\"/>")
	    PARA("Heading2", "heading 2", "Normal",
		 "<w:keepNext/><w:keepLines/><w:spacing w:before=\"320\" w:after=\"140\"/><w:outlineLvl w:val=\"1\"/>",
		 "<w:b/><w:sz w:val=\"25\"/>")
	    PARA("Heading3", "heading 3", "Normal",
		 "<w:keepNext/><w:keepLines/><w:wordWrap w:val=\"0\"/><w:spacing w:before=\"260\" w:after=\"100\"/><w:outlineLvl w:val=\"2\"/>",
		 "<w:b/><w:sz w:val=\"21\"/>")
	    PARA("FrontHeading", "Report Front Heading", "Normal",
		 "<w:keepNext/><w:pBdr>" BORDER_SPACED("bottom", "12", "4", "1B2430")
		 "</w:pBdr><w:spacing w:before=\"200\" w:after=\"200\"/>",
		 "<w:b/><w:sz w:val=\"32\"/>")
	    PARA("Title", "Title", "Subtitle", "<w:spacing w:before=\"120\" w:after=\"120\"/>", "<w:b/><w:sz w:val=\"56\"/>")
	    PARA("Subtitle", "Subtitle", "Normal", "<w:wordWrap w:val=\"0\"/>", "<w:color w:val=\"5A6675\"/><w:sz w:val=\"26\"/>")
	    PARA("TOC1", "toc 1", "Normal", "<w:tabs><w:tab w:val=\"right\" w:leader=\"dot\" w:pos=\"9638\"/></w:tabs>", "")
	    PARA("TOC2", "toc 2", "Normal", "<w:tabs><w:tab w:val=\"right\" w:leader=\"dot\" w:pos=\"9638\"/></w:tabs><w:ind w:left=\"300\"/>", "<w:sz w:val=\"19\"/>")
	    PARA("ListParagraph", "List Paragraph", "ListParagraph", "<w:wordWrap w:val=\"0\"/><w:spacing w:after=\"40\"/>", "")
	    PARA("Cell", "Report Cell", "Cell", "<w:wordWrap w:val=\"0\"/><w:spacing w:after=\"0\" w:line=\"260\" w:lineRule=\"auto\"/>", "<w:sz w:val=\"19\"/>")
	    PARA("Gap", "Report Gap", "Normal", "<w:spacing w:after=\"0\" w:line=\"160\" w:lineRule=\"exact\"/>", "<w:sz w:val=\"8\"/>")
	    PARA("Label", "Report Label", "Normal", "<w:keepNext/><w:spacing w:before=\"160\" w:after=\"40\"/>", "<w:b/><w:color w:val=\"5A6675\"/><w:sz w:val=\"19\"/>")
	    PARA("Note", "Report Note", "Normal",
		 "<w:pBdr>" BORDER_SPACED("left", "18", "8", "C6CFDB") "</w:pBdr><w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"F6F8FB\"/><w:ind w:left=\"170\"/>",
		 "<w:color w:val=\"5A6675\"/>")
	    PARA("Code", "Report Code", "Normal",
		 "<w:pBdr>" BORDER_SPACED("top", "4", "4", "E6EAF0") BORDER_SPACED("left", "4", "4", "E6EAF0")
		 BORDER_SPACED("bottom", "4", "4", "E6EAF0") BORDER_SPACED("right", "4", "4", "E6EAF0")
		 "</w:pBdr><w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"F6F8FB\"/><w:wordWrap w:val=\"0\"/>"
		 "<w:spacing w:after=\"120\" w:line=\"240\" w:lineRule=\"auto\"/><w:ind w:left=\"100\" w:right=\"100\"/>",
		 "<w:rFonts w:ascii=\"Consolas\" w:hAnsi=\"Consolas\" w:eastAsia=\"Microsoft YaHei\" w:cs=\"Consolas\"/><w:noProof/><w:sz w:val=\"17\"/>")
	    PARA("Header", "header", "Header", "<w:tabs><w:tab w:val=\"right\" w:pos=\"9638\"/></w:tabs><w:spacing w:after=\"0\"/>", "<w:color w:val=\"5A6675\"/><w:sz w:val=\"16\"/>")
	    PARA("Footer", "footer", "Footer", "<w:tabs><w:tab w:val=\"right\" w:pos=\"9638\"/></w:tabs><w:spacing w:after=\"0\"/>", "<w:color w:val=\"5A6675\"/><w:sz w:val=\"16\"/>")
	    "</w:styles>";

/* Followed by one <w:num> per numbered list, written by docx.c. */
const char docx_numbering_head[] =
	XML "<w:numbering " W ">"
	    "<w:abstractNum w:abstractNumId=\"0\"><w:multiLevelType w:val=\"singleLevel\"/><w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/>"
	    "<w:numFmt w:val=\"bullet\"/><w:lvlText w:val=\"•\"/><w:lvlJc w:val=\"left\"/>"
	    "<w:pPr><w:ind w:left=\"420\" w:hanging=\"300\"/></w:pPr></w:lvl></w:abstractNum>"
	    "<w:abstractNum w:abstractNumId=\"1\"><w:multiLevelType w:val=\"singleLevel\"/><w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/>"
	    "<w:numFmt w:val=\"decimal\"/><w:lvlText w:val=\"%1.\"/><w:lvlJc w:val=\"left\"/>"
	    "<w:pPr><w:ind w:left=\"420\" w:hanging=\"300\"/></w:pPr></w:lvl></w:abstractNum>"
	    "<w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>";
