using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// A 3×3 convolution of stride 1 and padding 1 in rounds over blocks of tiles, so that what a round transforms stays in the caches. The
/// weights are stored plain and transformed where they are used: reading four times as many from memory takes longer.
/// </summary>
internal sealed unsafe class WinogradConvolution<T, TScheme, TFormat> : IStep
    where T : unmanaged, ISimd<T>
    where TScheme : IWinograd
    where TFormat : IWeightFormat
{
    // Tiles a thread multiplies at once: those of a block read their transformed input from where all threads put it, those of a part
    // are transformed by the thread itself and fit its cache.
    private const int BlockTiles = 64;
    private const int PartTiles = 12;
    private const int ManyParts = 16;
    private const int MostWeights = 2_500_000;
    private const int WeightsForPart = 90_000;

    // Input and output channels of which a thread holds the transformed weights.
    private const int BlockInputs = 128;
    private const int Columns = 2 * PackedWeights.Panel;
    private const int TransformedTiles = 4;

    // Input channels whose weights are asked for before they are transformed: the many streams of results hide theirs from the processor.
    private const int WeightsAhead = 4;

    private readonly View input;
    private readonly ConvolutionShape shape;
    private readonly PackedWeights weights;
    private readonly Epilogue epilogue;
    private readonly float* zeros;
    private readonly Block[] blocks;
    private readonly Action<int, int> transformWeights;
    private readonly Action<int, int> transformInput;
    private readonly Action<int, int> multiply;
    private readonly Action<int, int> convolvePart;
    private readonly int tilesX;
    private readonly int tilesPerImage;
    private readonly int columns;
    private Workspace workspace = null!;
    private bool sharesWeights;
    private int first;
    private int count;
    private int parts;

    public WinogradConvolution(View input, ConvolutionShape shape, PackedWeights weights, Epilogue epilogue, AlignedMemory zeros)
    {
        Debug.Assert(shape is { Kernel: 3, Stride: 1, Padding: 1 } && Convolutions.Fit(input, shape, weights, epilogue, zeros, tapsTogether: true), "the convolution's parts do not fit");
        Debug.Assert(TScheme.Scale == 1 || input is { Doubled: true, Bordered: false }, "the pixels are not doubled");
        this.input = TScheme.Scale == 1 ? input : input with { Doubled = false };
        (this.shape, this.weights, this.epilogue) = (shape, weights, epilogue);
        this.zeros = zeros.Floats;
        tilesX = Ceiling(shape.Width / TScheme.Scale, TScheme.Outputs);
        tilesPerImage = tilesX * Ceiling(shape.Height / TScheme.Scale, TScheme.Outputs);
        columns = Ceiling(epilogue.Stride, Columns) * Phases;
        blocks = [.. Block.Split(input)];
        (transformWeights, transformInput, multiply, convolvePart) = (TransformWeights, TransformInput, Multiply, ConvolvePart);
    }

    private static int PanelColumns => 2 * T.Width;

    private static int Phases => TScheme.Scale * TScheme.Scale;

    private static int Places => TScheme.Side * TScheme.Side;

    // One cache line more than whole blocks: places of a tile would otherwise compete for the same few lines of the cache.
    private static nint ProductPlane => (BlockTiles * Columns) + PackedWeights.Panel;

    private static nint WeightPlane => (BlockInputs * Columns) + PackedWeights.Panel;

    private static nint WeightBlock => Places * WeightPlane;

    public ScratchNeed Scratch(int images, int threads)
    {
        // Enough for fewer images too, which may be computed the other way.
        var tiles = images * tilesPerImage;
        var weightFloats = SharesWeights(tiles) ? columns * blocks.Length * WeightBlock : 0;
        return new(
            weightFloats + InputPlace(blocks.Length, Math.Min(tiles, RoundTiles(threads))),
            (Places * ProductPlane) + Math.Max(WeightBlock, InputPlace(blocks.Length, PartTiles)));
    }

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var (tiles, threads) = (workspace.Count(input.PerCondition) * tilesPerImage, workspace.Team.Size);
        sharesWeights = SharesWeights(tiles);
        if (sharesWeights)
        {
            workspace.Team.For(columns * blocks.Length, transformWeights);
        }

        if (OwnsInput(tiles, threads))
        {
            (first, count) = (0, tiles);
            workspace.Team.For(Ceiling(tiles, PartTiles), convolvePart);
            return;
        }

        var round = RoundTiles(threads);
        for (first = 0; first < tiles; first += round)
        {
            count = Math.Min(round, tiles - first);
            parts = Ceiling(count, BlockTiles);
            workspace.Team.For(Ceiling(count, TransformedTiles) * blocks.Length, transformInput);
            workspace.Team.For(columns * parts, multiply);
        }
    }

    // Many tiles: their weights are transformed once for all of them, unless there are those of four phases, which take too much room.
    private static bool SharesWeights(int tiles) => tiles > BlockTiles && TScheme.Scale == 1;

    // Each part reads all the weights, which pays where there are many parts for them and they stay in the last cache.
    private bool OwnsInput(int tiles, int threads)
    {
        var parts = Ceiling(tiles, PartTiles);
        return sharesWeights && parts >= Math.Max(ManyParts, 2 * threads) && columns * blocks.Length * WeightBlock <= Math.Min(MostWeights, WeightsForPart * (long)parts);
    }

    // Phases of the same outputs follow each other: they read the same weights.
    private static (int Output, int Phase) PlaceOf(int column) => (column / Phases * Columns, column % Phases);

    private int PanelsOf(int column) => Ceiling(Math.Min(Columns, epilogue.Stride - column), PanelColumns);

    private static int Ceiling(int value, int divisor) => (value + divisor - 1) / divisor;

    // Enough parts for every thread to have four, if columns alone do not give them.
    private int RoundTiles(int threads) => BlockTiles * Math.Max(1, Ceiling(4 * threads, columns));

    private nint InputPlace(int block, int tiles)
    {
        nint place = 0;
        for (var b = 0; b < block; b++)
        {
            place += Places * InputPlane(blocks[b], tiles);
        }

        return place;
    }

    private static nint InputPlane(Block block, int tiles) => ((nint)tiles * block.Stride) + PackedWeights.Panel;

    private float* Inputs() => workspace.Shared + (sharesWeights ? columns * blocks.Length * WeightBlock : 0);

    private void TransformWeights(int worker, int item) =>
        TransformWeights(item / blocks.Length, blocks[item % blocks.Length], workspace.Shared + (item * WeightBlock));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformWeights(int column, Block block, float* destination)
    {
        var (output, phase) = PlaceOf(column);
        var end = Math.Min(output + Columns, epilogue.Stride);
        for (; output < end; output += PanelColumns, destination += BlockInputs * PanelColumns)
        {
            var first = weights.Column(output) + (block.WeightRow * weights.InputStep);
            var second = weights.Column(output + T.Width) + (block.WeightRow * weights.InputStep);
            for (nint k = 0; k < block.Channels; k++)
            {
                TFormat.Prefetch(weights.Start, first + ((k + WeightsAhead) * weights.InputStep), weights.InputStep);
                TScheme.Weights<T, TFormat>(weights.Start, first + (k * weights.InputStep), weights.TapStep, phase, destination + (k * PanelColumns), WeightPlane);
                TScheme.Weights<T, TFormat>(weights.Start, second + (k * weights.InputStep), weights.TapStep, phase, destination + (k * PanelColumns) + T.Width, WeightPlane);
            }
        }
    }

    private void TransformInput(int worker, int item)
    {
        var (group, block) = (item / blocks.Length, item % blocks.Length);
        var tile = group * TransformedTiles;
        TransformInput(blocks[block], Inputs() + InputPlace(block, count), count, tile, Math.Min(TransformedTiles, count - tile));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformInput(Block block, float* inputs, int planeTiles, int tile, int tiles)
    {
        var pixels = input.Of(block.Segment, workspace);
        var plane = InputPlane(block, planeTiles);
        float** corners = stackalloc float*[Places], next = stackalloc float*[Places];
        FindPixels(next, pixels, first + tile);
        for (var i = tile; i < tile + tiles; i++)
        {
            var found = next;
            next = corners;
            corners = found;
            FindPixels(next, pixels, first + Math.Min(i + 1, tile + tiles - 1));
            for (nint c = 0; c < block.Stride; c += T.Width)
            {
                if (c % Prefetch.Line == 0)
                {
                    Prefetch.Lines(next, Places, block.Channel + c);
                }

                TScheme.Input<T>(corners, block.Channel + c, inputs + (i * block.Stride) + c, plane);
            }
        }
    }

    private void FindPixels(float** corners, Pixels pixels, int tile)
    {
        var (image, place) = Math.DivRem(tile, tilesPerImage);
        var (tileY, tileX) = Math.DivRem(place, tilesX);
        for (var y = 0; y < TScheme.Side; y++)
        {
            for (var x = 0; x < TScheme.Side; x++)
            {
                var pixel = input.Pixel((tileY * TScheme.Outputs) + y - 1, (tileX * TScheme.Outputs) + x - 1);
                corners[(y * TScheme.Side) + x] = pixel < 0 ? zeros : pixels.At(image, pixel);
            }
        }
    }

    private void ConvolvePart(int worker, int part)
    {
        var (tile, tiles) = (part * PartTiles, Math.Min(PartTiles, count - (part * PartTiles)));
        var inputs = workspace.Own(worker) + (Places * ProductPlane);
        for (var b = 0; b < blocks.Length; b++)
        {
            TransformInput(blocks[b], inputs + InputPlace(b, tiles) - (tile * blocks[b].Stride), tiles, tile, tiles);
        }

        for (var column = 0; column < columns; column++)
        {
            Multiply(worker, column, inputs, tiles, 0, tiles);
            TransformOutput(workspace.Own(worker), tile, tiles, column);
        }
    }

    private void Multiply(int worker, int item)
    {
        var (column, part) = (item / parts, item % parts);
        var (tile, tiles) = (part * BlockTiles, Math.Min(BlockTiles, count - (part * BlockTiles)));
        Multiply(worker, column, Inputs(), count, tile, tiles);
        TransformOutput(workspace.Own(worker), first + tile, tiles, column);
    }

    private void Multiply(int worker, int column, float* inputs, int planeTiles, int tile, int tiles)
    {
        var products = workspace.Own(worker);
        var (output, phase) = PlaceOf(column);
        var panels = PanelsOf(output);
        for (var b = 0; b < blocks.Length; b++)
        {
            var block = blocks[b];
            var transformed = products + (Places * ProductPlane);
            if (sharesWeights)
            {
                transformed = workspace.Shared + (((nint)(column * blocks.Length) + b) * WeightBlock);
            }
            else
            {
                TransformWeights(column, block, transformed);
            }

            var plane = InputPlane(block, planeTiles);
            for (var place = 0; place < Places; place++)
            {
                if (TScheme.Vanishes(phase, place))
                {
                    new Span<float>(products + (place * ProductPlane), tiles * Columns).Clear();
                    continue;
                }

                MatrixTile.Multiply<T>(
                    tiles,
                    inputs + (place * plane) + (tile * block.Stride),
                    block.Stride,
                    transformed + (place * WeightPlane),
                    panels,
                    BlockInputs * PanelColumns,
                    PanelColumns,
                    T.Width,
                    block.Channels,
                    products + (place * ProductPlane),
                    Columns,
                    b > 0);
            }

            inputs += Places * plane;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformOutput(float* products, int tile, int tiles, int column)
    {
        var outputs = stackalloc T[TScheme.Outputs * TScheme.Outputs];
        var (channel, phase) = PlaceOf(column);
        var (stepY, stepX) = (TScheme.Scale * shape.Width, TScheme.Scale);
        for (var i = 0; i < tiles; i++)
        {
            var (image, place) = Math.DivRem(tile + i, tilesPerImage);
            var (y, x) = (place / tilesX * TScheme.Outputs, place % tilesX * TScheme.Outputs);
            var (height, width) = (Math.Min(TScheme.Outputs, (shape.Height / TScheme.Scale) - y), Math.Min(TScheme.Outputs, (shape.Width / TScheme.Scale) - x));
            var pixel = ((nint)image * shape.Pixels) + (y * stepY) + (phase / TScheme.Scale * shape.Width) + (x * stepX) + (phase % TScheme.Scale);
            var target = epilogue.Begin(workspace, image, channel);
            for (nint c = 0; c < Columns && channel + c < epilogue.Stride; c += T.Width)
            {
                TScheme.Output(products + (i * Columns) + c, ProductPlane, outputs);
                var offset = target.Offset<T>(c);
                for (var oy = 0; oy < height; oy++)
                {
                    for (var ox = 0; ox < width; ox++)
                    {
                        target.Store(outputs[(oy * TScheme.Outputs) + ox], offset, pixel + (oy * stepY) + (ox * stepX), c);
                    }
                }
            }
        }
    }

    /// <summary>Input channels that are multiplied together.</summary>
    private readonly record struct Block(Segment Segment, int Channel, int Channels, int WeightRow)
    {
        public int Stride => Compile.Segment.Round(Channels);

        public static IEnumerable<Block> Split(View input)
        {
            var row = 0;
            foreach (var segment in input.Segments)
            {
                for (var channel = 0; channel < segment.Channels; channel += BlockInputs)
                {
                    var channels = Math.Min(BlockInputs, segment.Channels - channel);
                    yield return new Block(segment, channel, channels, row);
                    row += channels;
                }
            }
        }
    }
}
