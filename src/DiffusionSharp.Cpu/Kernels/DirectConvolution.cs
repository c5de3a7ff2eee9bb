using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// A convolution of any kernel, stride and padding, and every matrix: for each tap, the pixels it meets are the rows of a matrix product.
/// No patch is copied; a row is the address of a pixel, or of zeros.
/// </summary>
internal sealed unsafe class DirectConvolution<T, TFormat> : IStep
    where T : unmanaged, ISimd<T>
    where TFormat : IWeightFormat
{
    private const int BlockRows = 48;
    private const int BlockInputs = 256;

    private readonly View input;
    private readonly ConvolutionShape shape;
    private readonly PackedWeights weights;
    private readonly Epilogue epilogue;
    private readonly float* zeros;
    private readonly Action<int, int> block;
    private readonly int columns;
    private Workspace workspace = null!;
    private int groups;

    public DirectConvolution(View input, ConvolutionShape shape, PackedWeights weights, Epilogue epilogue, AlignedMemory zeros)
    {
        Debug.Assert(Convolutions.Fit(input, shape, weights, epilogue, zeros, tapsTogether: false), "the convolution's parts do not fit");
        (this.input, this.shape, this.weights, this.epilogue) = (input, shape, weights, epilogue);
        this.zeros = zeros.Floats;
        columns = (epilogue.Stride + Columns - 1) / Columns;
        block = Block;
    }

    private static int PanelColumns => 2 * T.Width;

    // Two matrix tiles side by side, one of the widest vectors: tiles have to lie at equal distances among the weights.
    private static int Columns => Math.Min(2 * PanelColumns, 2 * PackedWeights.Panel);

    private int Taps => shape.Kernel * shape.Kernel;

    private nint PointerFloats => (nint)Taps * input.Segments.Length * BlockRows * (sizeof(float*) / sizeof(float));

    private static nint SumFloats => (nint)BlockRows * Columns;

    private nint DecodedPanel => (nint)Taps * weights.Inputs * PanelColumns;

    public ScratchNeed Scratch(int images, int threads) => new(0, PointerFloats + SumFloats + (TFormat.IsFloat32 ? 0 : Columns / PanelColumns * DecodedPanel));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var rows = workspace.Count(input.PerCondition) * shape.Pixels;
        var blocks = (rows + BlockRows - 1) / BlockRows;

        // Where rows are few, the threads share out the columns too.
        groups = Math.Clamp(((4 * workspace.Team.Size) + blocks - 1) / blocks, 1, columns);
        workspace.Team.For(blocks * groups, block);
    }

    private void Block(int worker, int item)
    {
        var (first, group) = (item / groups * BlockRows, item % groups);
        var rows = Math.Min(BlockRows, (workspace.Count(input.PerCondition) * shape.Pixels) - first);
        var pointers = (float**)workspace.Own(worker);
        var sums = workspace.Own(worker) + PointerFloats;
        FindRows(pointers, first, rows);
        for (var column = group * columns / groups; column < (group + 1) * columns / groups; column++)
        {
            Multiply(pointers, rows, column * Columns, sums, sums + SumFloats);
            Store(first, rows, column * Columns, sums);
        }
    }

    private void FindRows(float** pointers, int first, int rows)
    {
        for (var i = 0; i < rows; i++)
        {
            var (image, pixel) = Math.DivRem(first + i, shape.Pixels);
            var (y, x) = Math.DivRem(pixel, shape.Width);
            (y, x) = ((y * shape.Stride) - shape.Padding, (x * shape.Stride) - shape.Padding);
            var row = pointers + i;
            foreach (var segment in input.Segments)
            {
                var pixels = input.Of(segment, workspace);
                for (var tap = 0; tap < Taps; tap++, row += BlockRows)
                {
                    var source = input.Pixel(y + (tap / shape.Kernel), x + (tap % shape.Kernel));
                    *row = source < 0 ? zeros : pixels.At(image, source);
                }
            }
        }
    }

    private void Multiply(float** pointers, int rows, int column, float* sums, float* decoded)
    {
        var panels = (Math.Min(Columns, epilogue.Stride - column) + PanelColumns - 1) / PanelColumns;
        var b = (float*)weights.Start + weights.Column(column);
        var (row, step, panel) = ((nint)PackedWeights.Panel, weights.Column(T.Width), weights.Column(PanelColumns));
        if (!TFormat.IsFloat32)
        {
            Decode(column, panels, decoded);
            b = decoded;
            (row, step, panel) = (PanelColumns, T.Width, DecodedPanel);
        }

        var (accumulate, channel) = (false, 0);
        foreach (var segment in input.Segments)
        {
            for (var tap = 0; tap < Taps; tap++, pointers += BlockRows)
            {
                for (var k = 0; k < segment.Channels; k += BlockInputs)
                {
                    var count = Math.Min(BlockInputs, segment.Channels - k);
                    var weightRow = ((nint)tap * weights.Inputs) + channel + k;
                    MatrixTile.Gather<T>(rows, pointers, k, b + (weightRow * row), panels, panel, row, step, count, sums, Columns, accumulate);
                    accumulate = true;
                }
            }

            channel += segment.Channels;
        }
    }

    private void Decode(int column, int panels, float* decoded)
    {
        for (var panel = 0; panel < panels; panel++, column += PanelColumns, decoded += DecodedPanel)
        {
            var (first, second) = (weights.Column(column), weights.Column(column + T.Width));
            for (nint i = 0; i < (nint)Taps * weights.Inputs; i++)
            {
                T.Store(TFormat.Load<T>(weights.Start, first + (i * PackedWeights.Panel)), decoded + (i * PanelColumns));
                T.Store(TFormat.Load<T>(weights.Start, second + (i * PackedWeights.Panel)), decoded + (i * PanelColumns) + T.Width);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Store(int first, int rows, int column, float* sums)
    {
        var width = Math.Min(Columns, epilogue.Stride - column);
        for (var i = 0; i < rows;)
        {
            var image = (first + i) / shape.Pixels;
            var end = Math.Min(rows, ((image + 1) * shape.Pixels) - first);
            var target = epilogue.Begin(workspace, image, column);
            for (nint c = 0; c < width; c += T.Width)
            {
                var offset = target.Offset<T>(c);
                for (var r = i; r < end; r++)
                {
                    target.Store(T.Load(sums + (r * Columns) + c), offset, first + r, c);
                }
            }

            i = end;
        }
    }
}
