using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// A convolution of any kernel, stride and padding, the gradient to its input, and every matrix: for each tap, the pixels it meets are the
/// rows of a matrix product. No patch is copied; a row is the address of a pixel, or of zeros.
/// </summary>
internal sealed unsafe class DirectConvolution<T, TFormat> : IStep
    where T : unmanaged, ISimd<T>
    where TFormat : IWeightFormat
{
    private const int BlockRows = 48;
    private const int BlockInputs = 256;

    private readonly View input;
    private readonly TapPhase[] phases;
    private readonly int outputWidth;
    private readonly int outputPixels;
    private readonly PackedWeights weights;
    private readonly Epilogue epilogue;
    private readonly float* zeros;
    private readonly Action<int, int> block;
    private readonly int columns;
    private readonly nint pointerFloats;
    private Workspace workspace = null!;
    private TapPhase phase;
    private int groups;

    /// <param name="input">What is read.</param>
    /// <param name="phases">Which taps meet which pixels.</param>
    /// <param name="outputWidth">Columns of the output.</param>
    /// <param name="outputHeight">Rows of the output.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="epilogue">Where the outputs go.</param>
    /// <param name="zeros">What lies outside the image.</param>
    public DirectConvolution(View input, TapPhase[] phases, int outputWidth, int outputHeight, PackedWeights weights, Epilogue epilogue, AlignedMemory zeros)
    {
        Debug.Assert(phases.Sum(p => p.Pixels) == outputWidth * outputHeight && !weights.Layout.TapsTogether, "the convolution's parts do not fit");
        (this.input, this.phases, this.weights, this.epilogue) = (input, phases, weights, epilogue);
        (this.outputWidth, outputPixels) = (outputWidth, outputWidth * outputHeight);
        this.zeros = zeros.Floats;
        phase = phases[0];
        pointerFloats = (nint)phases.Max(p => p.Taps.Length) * input.Segments.Length * BlockRows * (sizeof(float*) / sizeof(float));
        columns = (epilogue.Stride + Columns - 1) / Columns;
        block = Block;
    }

    private static int PanelColumns => 2 * T.Width;

    // Two matrix tiles side by side, one of the widest vectors: tiles have to lie at equal distances among the weights.
    private static int Columns => Math.Min(2 * PanelColumns, 2 * PanelLayout.Panel);

    private static nint SumFloats => (nint)BlockRows * Columns;

    private nint DecodedPanel => (nint)weights.Layout.Taps * weights.Layout.Inputs * PanelColumns;

    public ScratchNeed Scratch(int images, int threads) => new(0, pointerFloats + SumFloats + (TFormat.IsFloat32 ? 0 : Columns / PanelColumns * DecodedPanel));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        foreach (var each in phases)
        {
            phase = each;
            var rows = workspace.Count(input.PerCondition) * phase.Pixels;
            var blocks = (rows + BlockRows - 1) / BlockRows;

            // Where rows are few, the threads share out the columns too.
            groups = Math.Clamp(((4 * workspace.Team.Size) + blocks - 1) / blocks, 1, columns);
            workspace.Team.For(blocks * groups, block);
        }
    }

    private void Block(int worker, int item)
    {
        var (first, group) = (item / groups * BlockRows, item % groups);
        var rows = Math.Min(BlockRows, (workspace.Count(input.PerCondition) * phase.Pixels) - first);
        var pointers = (float**)workspace.Own(worker);
        var sums = workspace.Own(worker) + pointerFloats;
        FindRows(pointers, first, rows);
        for (var column = group * columns / groups; column < (group + 1) * columns / groups; column++)
        {
            Multiply(pointers, rows, column * Columns, sums, sums + SumFloats);
            Store(first, rows, column * Columns, sums);
        }
    }

    private void FindRows(float** pointers, int first, int rows)
    {
        var taps = phase.Taps;
        for (var i = 0; i < rows; i++)
        {
            var (image, place) = Math.DivRem(first + i, phase.Pixels);
            var (y, x) = Math.DivRem(place, phase.Columns);
            (y, x) = (y * phase.InputStep, x * phase.InputStep);
            var row = pointers + i;
            foreach (var segment in input.Segments)
            {
                var pixels = input.Locate(segment, workspace);
                for (var tap = 0; tap < taps.Length; tap++, row += BlockRows)
                {
                    var source = input.Pixel(y + taps[tap].Y, x + taps[tap].X);
                    *row = source < 0 ? zeros : pixels.At(image, source);
                }
            }
        }
    }

    private void Multiply(float** pointers, int rows, int column, float* sums, float* decoded)
    {
        var panels = (Math.Min(Columns, epilogue.Stride - column) + PanelColumns - 1) / PanelColumns;
        var layout = weights.Layout;
        var b = (float*)weights.Start + layout.Column(column);
        var (row, step, panel) = ((nint)PanelLayout.Panel, layout.Column(T.Width), layout.Column(PanelColumns));
        if (!TFormat.IsFloat32)
        {
            Decode(column, panels, decoded);
            b = decoded;
            (row, step, panel) = (PanelColumns, T.Width, DecodedPanel);
        }

        var (accumulate, channel) = (false, 0);
        foreach (var segment in input.Segments)
        {
            foreach (var tap in phase.Taps)
            {
                for (var k = 0; k < segment.Channels; k += BlockInputs)
                {
                    var count = Math.Min(BlockInputs, segment.Channels - k);
                    var weightRow = ((nint)tap.Index * layout.Inputs) + channel + k;
                    MatrixTile.Gather<T>(rows, pointers, k, b + (weightRow * row), panels, panel, row, step, count, sums, Columns, accumulate);
                    accumulate = true;
                }

                pointers += BlockRows;
            }

            channel += segment.Channels;
        }

        // A pixel between the outputs of a strided convolution may have met no tap.
        if (!accumulate)
        {
            new Span<float>(sums, rows * Columns).Clear();
        }
    }

    private void Decode(int column, int panels, float* decoded)
    {
        var layout = weights.Layout;
        for (var panel = 0; panel < panels; panel++, column += PanelColumns, decoded += DecodedPanel)
        {
            var (first, second) = (layout.Column(column), layout.Column(column + T.Width));
            for (nint i = 0; i < (nint)layout.Taps * layout.Inputs; i++)
            {
                T.Store(TFormat.Load<T>(weights.Start, first + (i * PanelLayout.Panel)), decoded + (i * PanelColumns));
                T.Store(TFormat.Load<T>(weights.Start, second + (i * PanelLayout.Panel)), decoded + (i * PanelColumns) + T.Width);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Store(int first, int rows, int column, float* sums)
    {
        var width = Math.Min(Columns, epilogue.Stride - column);
        for (var i = 0; i < rows;)
        {
            var image = (first + i) / phase.Pixels;
            var end = Math.Min(rows, ((image + 1) * phase.Pixels) - first);
            var target = epilogue.Begin(workspace, image, column);
            for (nint c = 0; c < width; c += T.Width)
            {
                var offset = target.Offset<T>(c);
                for (var r = i; r < end; r++)
                {
                    target.Store(T.Load(sums + (r * Columns) + c), offset, OutputPixel(first + r), c);
                }
            }

            i = end;
        }
    }

    // A row's pixel, counted over all images.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint OutputPixel(int row)
    {
        if (phase.Step == 1)
        {
            return row;
        }

        var (image, place) = Math.DivRem(row, phase.Pixels);
        var (y, x) = Math.DivRem(place, phase.Columns);
        return ((nint)image * outputPixels) + ((phase.Top + (y * phase.Step)) * outputWidth) + phase.Left + (x * phase.Step);
    }
}
