namespace DiffusionSharp.Evaluation.Products;

/// <summary>Images as columns of panels.</summary>
internal static class RowPanels
{
    /// <summary>Some images of a set, in the order given.</summary>
    public static Panels<double> Pack(FeatureMatrix features, int[] rows)
    {
        var panels = new Panels<double>(features.Dimension, rows.Length);
        var d = features.Dimension;
        Parallel.For(0, panels.Count, () => new double[Panels<double>.Width * d], (panel, _, columns) =>
        {
            for (var column = 0; column < panels.ColumnsOf(panel); column++)
            {
                features.CopyRow(rows[(panel * Panels<double>.Width) + column], columns.AsSpan(column * d, d));
            }

            panels.SetColumns(panel, columns);
            return columns;
        }, _ => { });
        panels.ClearRest();
        return panels;
    }
}
