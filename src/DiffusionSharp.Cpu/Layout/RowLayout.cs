namespace DiffusionSharp.Cpu.Layout;

/// <summary>Rows, each rounded up to whole vectors: a bias, the scales of a norm, a table of labels.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Values of a row.</param>
internal sealed record RowLayout(int Rows, int Columns) : ParameterLayout
{
    /// <summary>Distance of the rows.</summary>
    public int Stride => Round(Columns);

    public override long Floats => (long)Rows * Stride;

    public override int Count => Rows * Columns;

    protected override long Place(int index) => ((long)(index / Columns) * Stride) + (index % Columns);
}
