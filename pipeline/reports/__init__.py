"""The morning report: figures of a sealed night as one page and one workbook."""
