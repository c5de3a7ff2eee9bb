using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// A 3×3 convolution of stride 1 and padding 1 by Winograd's algorithm. Few tiles: threads share out the columns of outputs and each
/// transforms the weights of its own, which are stored plain, as reading four times as many from memory takes longer. Many tiles: threads
/// share out the tiles and read weights transformed once.
/// </summary>
internal sealed unsafe class WinogradConvolution<T, TScheme, TFormat> : IStep
    where T : unmanaged, ISimd<T>
    where TScheme : IWinograd
    where TFormat : IWeightFormat
{
    // Tiles a thread multiplies at once where columns are shared out, and where tiles are.
    private const int BlockTiles = 132;
    private const int PartTiles = 24;

    // Transformed weights that all parts read: the last cache should hold them.
    private const int MostWeights = 4_000_000;

    // Input and output channels of which a thread holds the transformed weights.
    private const int BlockInputs = 128;
    private const int Columns = 2 * PanelLayout.Panel;
    private const int TransformedTiles = 4;

    // Tiles of the widest vectors have twelve rows.
    private const int TileRows = 12;

    // Input channels whose weights are asked for before they are transformed: the many streams of results hide theirs from the processor.
    private const int WeightsAhead = 4;

    private readonly WinogradTiles<T, TScheme> tiles;
    private readonly bool perCondition;
    private readonly PackedWeights weights;
    private readonly Epilogue epilogue;
    private readonly ChannelBlock[] blocks;
    private readonly Action<int, int> transformWeights;
    private readonly Action<int, int> transformInput;
    private readonly Action<int, int> multiply;
    private readonly Action<int, int> convolve;
    private readonly int columns;
    private Workspace workspace = null!;
    private int first;
    private int count;
    private int parts;
    private int partTiles;

    public WinogradConvolution(View input, ConvolutionShape shape, PackedWeights weights, Epilogue epilogue, AlignedMemory zeros)
    {
        Debug.Assert(shape.SuitsWinograd && Convolutions.Fit(input, shape, weights, epilogue, zeros, tapsTogether: true), "the convolution's parts do not fit");
        Debug.Assert(TScheme.Scale == 1 || input is { Upsampled: true, Padded: false }, "the pixels are not upsampled");
        tiles = new WinogradTiles<T, TScheme>(TScheme.Scale == 1 ? input : input with { Upsampled = false }, shape, epilogue, zeros);
        (perCondition, this.weights, this.epilogue) = (input.PerCondition, weights, epilogue);
        columns = Ceiling(epilogue.Stride, Columns) * Phases;
        blocks = [.. ChannelBlock.Split(input, BlockInputs)];
        (transformWeights, transformInput, multiply, convolve) = (TransformWeights, TransformInput, Multiply, Convolve);
    }

    private static int PanelColumns => 2 * T.Width;

    private static int Places => TScheme.Side * TScheme.Side;

    private static int Phases => TScheme.Scale * TScheme.Scale;

    // One cache line more than whole blocks: places of a tile would otherwise compete for the same few lines of the cache.
    private static nint ProductPlane => (BlockTiles * Columns) + Prefetch.LineFloats;

    private static nint WeightPlane => (BlockInputs * Columns) + Prefetch.LineFloats;

    private static nint WeightBlock => Places * WeightPlane;

    private nint PartRow => (columns * Columns) + Prefetch.LineFloats;

    private nint PartPlane => PartTiles * PartRow;

    private nint AllWeights => columns * blocks.Length * WeightBlock;

    public ScratchNeed Scratch(int images, int threads)
    {
        // Enough for fewer images too, which may be computed the other way.
        var all = images * tiles.PerImage;
        var together = InputPlace(blocks.Length, Math.Min(all, OwnsTiles(all) ? BlockTiles : RoundTiles(threads)));
        var own = (Places * ProductPlane) + WeightBlock;
        return OwnsTiles(all)
            ? new(Math.Max(together, AllWeights), Math.Max(own, (Places * PartPlane) + (Places * InputPlane(BlockInputs, PartTiles))))
            : new(together, own);
    }

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var (all, threads) = (workspace.Count(perCondition) * tiles.PerImage, workspace.Team.Size);
        if (OwnsTiles(all))
        {
            workspace.Team.For(columns * blocks.Length, transformWeights);
            Split(all, Math.Max(Ceiling(all, PartTiles), 6 * threads));
            workspace.Team.For(parts, convolve);
            return;
        }

        var round = RoundTiles(threads);
        for (first = 0; first < all; first += round)
        {
            var together = Math.Min(round, all - first);
            Split(together, Math.Max(Ceiling(together, BlockTiles), Ceiling(4 * threads, columns)));
            workspace.Team.For(Ceiling(count, TransformedTiles) * blocks.Length, transformInput);
            workspace.Team.For(columns * parts, multiply);
        }
    }

    // Those of upsampled pixels have the weights of four phases, too many to be held transformed.
    private bool OwnsTiles(int tiles) => tiles > BlockTiles && TScheme.Scale == 1 && AllWeights <= MostWeights;

    // Enough parts for every thread to have four, if columns alone do not give them.
    private int RoundTiles(int threads) => BlockTiles * Ceiling(4 * threads, columns);

    // In whole tiles of rows.
    private void Split(int tiles, int atLeast)
    {
        count = tiles;
        partTiles = Ceiling(Ceiling(tiles, atLeast), TileRows) * TileRows;
        parts = Ceiling(tiles, partTiles);
    }

    // Phases of the same outputs follow each other: they read the same weights.
    private static (int Output, int Phase) OutputOf(int column) => (column / Phases * Columns, column % Phases);

    private int WidthOf(int output) => Math.Min(Columns, epilogue.Stride - output);

    private static int Ceiling(int value, int divisor) => (value + divisor - 1) / divisor;

    private nint InputPlace(int block, int tiles)
    {
        nint place = 0;
        for (var b = 0; b < block; b++)
        {
            place += Places * InputPlane(blocks[b].Stride, tiles);
        }

        return place;
    }

    private static nint InputPlane(int stride, int tiles) => ((nint)tiles * stride) + Prefetch.LineFloats;

    private float* WeightsOf(int column, int block) => workspace.Shared + (((nint)(column * blocks.Length) + block) * WeightBlock);

    private float* InputOf(int block, int tile) => workspace.Shared + InputPlace(block, count) + (tile * blocks[block].Stride);

    private void TransformWeights(int worker, int item)
    {
        var (column, b) = Math.DivRem(item, blocks.Length);
        TransformWeights(column, blocks[b], WeightsOf(column, b));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformWeights(int column, ChannelBlock block, float* destination)
    {
        var (output, phase) = OutputOf(column);
        var end = output + WidthOf(output);
        for (; output < end; output += PanelColumns, destination += BlockInputs * PanelColumns)
        {
            var first = weights.Layout.Column(output) + (block.WeightRow * weights.Layout.InputStep);
            var second = weights.Layout.Column(output + T.Width) + (block.WeightRow * weights.Layout.InputStep);
            for (nint k = 0; k < block.Channels; k++)
            {
                TFormat.Prefetch(weights.Start, first + ((k + WeightsAhead) * weights.Layout.InputStep), weights.Layout.InputStep);
                TScheme.Weights<T, TFormat>(weights.Start, first + (k * weights.Layout.InputStep), weights.Layout.TapStep, phase, destination + (k * PanelColumns), WeightPlane);
                TScheme.Weights<T, TFormat>(weights.Start, second + (k * weights.Layout.InputStep), weights.Layout.TapStep, phase, destination + (k * PanelColumns) + T.Width, WeightPlane);
            }
        }
    }

    private void TransformInput(int worker, int item)
    {
        var (group, b) = Math.DivRem(item, blocks.Length);
        var tile = group * TransformedTiles;
        tiles.Input(workspace, blocks[b], first + tile, Math.Min(TransformedTiles, count - tile), InputOf(b, tile), InputPlane(blocks[b].Stride, count));
    }

    private void Multiply(int worker, int item)
    {
        var (column, tile) = (item / parts, item % parts * partTiles);
        var (output, phase) = OutputOf(column);
        var rows = Math.Min(partTiles, count - tile);
        var products = workspace.Own(worker);
        var transformed = products + (Places * ProductPlane);
        for (var b = 0; b < blocks.Length; b++)
        {
            TransformWeights(column, blocks[b], transformed);
            var coming = b + 1 < blocks.Length ? Coming(column, b + 1) : parts == 1 && column + 1 < columns ? Coming(column + 1, 0) : default;
            Multiply(column, b, InputOf(b, tile), InputPlane(blocks[b].Stride, count), rows, transformed, products, ProductPlane, Columns, inputsAhead: true, coming);
        }

        tiles.Output(workspace, products, ProductPlane, Columns, first + tile, rows, phase, output, WidthOf(output));
    }

    private void Convolve(int worker, int part)
    {
        var tile = part * partTiles;
        var rows = Math.Min(partTiles, count - tile);
        var products = workspace.Own(worker);
        var inputs = products + (Places * PartPlane);
        for (var b = 0; b < blocks.Length; b++)
        {
            var plane = InputPlane(blocks[b].Stride, rows);
            tiles.Input(workspace, blocks[b], tile, rows, inputs, plane);
            for (var column = 0; column < columns; column++)
            {
                Multiply(column, b, inputs, plane, rows, WeightsOf(column, b), products + (column * Columns), PartPlane, PartRow, inputsAhead: false);
            }
        }

        tiles.Output(workspace, products, PartPlane, PartRow, tile, rows, 0, 0, epilogue.Stride);
    }

    // The weights of a block that is transformed next: its columns' two panels.
    private ComingWeights Coming(int column, int b)
    {
        var output = OutputOf(column).Output;
        var row = blocks[b].WeightRow * weights.Layout.InputStep;
        return new ComingWeights(Panel(output), Panel(output + PanelLayout.Panel), TFormat.Bytes * blocks[b].Channels * weights.Layout.InputStep / sizeof(float));

        float* Panel(int first) => (float*)((byte*)weights.Start + (TFormat.Bytes * (weights.Layout.Column(first) + row)));
    }

    // One block of channels.
    private void Multiply(int column, int b, float* inputs, nint plane, int rows, float* transformed, float* products, nint productPlane, nint productRow, bool inputsAhead, ComingWeights coming = default)
    {
        var (block, (output, phase)) = (blocks[b], OutputOf(column));
        var panels = Ceiling(WidthOf(output), PanelColumns);
        for (var place = 0; place < Places; place++, inputs += plane, transformed += WeightPlane, products += productPlane)
        {
            if (TScheme.Vanishes(phase, place))
            {
                for (nint row = 0; row < rows; row++)
                {
                    new Span<float>(products + (row * productRow), Columns).Clear();
                }

                continue;
            }

            var queue = place + 1 < Places
                ? new PrefetchQueue(coming.At(place), coming.Each, transformed + WeightPlane, panels * BlockInputs * PanelColumns, inputs + plane, inputsAhead ? rows * block.Stride : 0)
                : new PrefetchQueue(coming.At(place), coming.Each, null, 0, null, 0);
            MatrixTile.Multiply<T>(
                rows,
                inputs,
                block.Stride,
                transformed,
                panels,
                BlockInputs * PanelColumns,
                PanelColumns,
                T.Width,
                block.Channels,
                products,
                productRow,
                b > 0,
                queue);
        }
    }

    /// <summary>Weights that come from memory when they are transformed: some of them are asked for beside the products of each place of those at hand.</summary>
    /// <param name="first">The first panel's.</param>
    /// <param name="second">The second panel's.</param>
    /// <param name="floats">How many values of 32 bits each has.</param>
    private readonly struct ComingWeights(float* first, float* second, nint floats)
    {
        /// <summary>Values for each place.</summary>
        public nint Each => floats / (Places / 2);

        /// <summary>Where a place's begin.</summary>
        public float* At(int place) => place < Places / 2 ? first + (place * Each) : second + ((place - (Places / 2)) * Each);
    }
}
