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
    // Tiles a thread multiplies at once, input channels of which it holds the transformed weights, and matrix tiles side by side, for
    // which it reads the transformed input once.
    private const int BlockTiles = 48;
    private const int BlockInputs = 128;
    private const int Panels = 2;
    private const int TransformedTiles = 4;

    private readonly View input;
    private readonly ConvolutionShape shape;
    private readonly PackedWeights weights;
    private readonly Epilogue epilogue;
    private readonly float* zeros;
    private readonly Block[] blocks;
    private readonly Action<int, int> transformWeights;
    private readonly Action<int, int> transformInput;
    private readonly Action<int, int> multiply;
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
        (this.input, this.shape, this.weights, this.epilogue) = (input, shape, weights, epilogue);
        this.zeros = zeros.Floats;
        tilesX = Ceiling(shape.Width, TScheme.Outputs);
        tilesPerImage = tilesX * Ceiling(shape.Height, TScheme.Outputs);
        columns = Ceiling(epilogue.Stride, Columns);
        blocks = [.. Block.Split(input)];
        (transformWeights, transformInput, multiply) = (TransformWeights, TransformInput, Multiply);
    }

    private static int PanelColumns => 2 * T.Width;

    private static int Columns => Panels * PanelColumns;

    private static int Places => TScheme.Side * TScheme.Side;

    // One cache line more than whole blocks: places of a tile would otherwise compete for the same few lines of the cache.
    private static nint ProductPlane => (BlockTiles * Columns) + PackedWeights.Panel;

    private static nint WeightPlane => (BlockInputs * Columns) + PackedWeights.Panel;

    private nint WeightBlock => Places * WeightPlane;

    public ScratchNeed Scratch(int images, int threads)
    {
        var tiles = images * tilesPerImage;
        var round = Math.Min(tiles, RoundTiles(threads));
        var weightFloats = tiles > BlockTiles ? columns * blocks.Length * WeightBlock : 0;
        return new(weightFloats + InputPlace(blocks.Length, round), WeightBlock + (Places * ProductPlane));
    }

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var tiles = workspace.Count(input.PerCondition) * tilesPerImage;
        var round = RoundTiles(workspace.Team.Size);
        sharesWeights = tiles > BlockTiles;
        if (sharesWeights)
        {
            workspace.Team.For(columns * blocks.Length, transformWeights);
        }

        for (first = 0; first < tiles; first += round)
        {
            count = Math.Min(round, tiles - first);
            parts = Ceiling(count, BlockTiles);
            workspace.Team.For(Ceiling(count, TransformedTiles) * blocks.Length, transformInput);
            workspace.Team.For(columns * parts, multiply);
        }
    }

    private int PanelsOf(int column) => Math.Min(Panels, Ceiling(epilogue.Stride - column, PanelColumns));

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

    private float* Inputs(int block) => workspace.Shared + (sharesWeights ? columns * blocks.Length * WeightBlock : 0) + InputPlace(block, count);

    private void TransformWeights(int worker, int item) =>
        TransformWeights(item / blocks.Length * Columns, blocks[item % blocks.Length], workspace.Shared + (item * WeightBlock));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformWeights(int column, Block block, float* destination)
    {
        var end = Math.Min(column + Columns, epilogue.Stride);
        for (; column < end; column += PanelColumns, destination += BlockInputs * PanelColumns)
        {
            var first = weights.Column(column) + (block.WeightRow * weights.InputStep);
            var second = weights.Column(Math.Min(column + T.Width, epilogue.Stride - T.Width)) + (block.WeightRow * weights.InputStep);
            for (nint k = 0; k < block.Channels; k++)
            {
                TScheme.Weights<T, TFormat>(weights.Start, first + (k * weights.InputStep), weights.TapStep, destination + (k * PanelColumns), WeightPlane);
                TScheme.Weights<T, TFormat>(weights.Start, second + (k * weights.InputStep), weights.TapStep, destination + (k * PanelColumns) + T.Width, WeightPlane);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformInput(int worker, int item)
    {
        var (group, index) = (item / blocks.Length, item % blocks.Length);
        var block = blocks[index];
        var pixels = input.Of(block.Segment, workspace);
        var inputs = Inputs(index);
        var plane = InputPlane(block, count);
        var corners = stackalloc float*[Places];
        for (var tile = group * TransformedTiles; tile < Math.Min(count, (group + 1) * TransformedTiles); tile++)
        {
            FindPixels(corners, pixels, first + tile);
            for (nint c = 0; c < block.Stride; c += T.Width)
            {
                TScheme.Input<T>(corners, block.Channel + c, inputs + (tile * block.Stride) + c, plane);
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

    private void Multiply(int worker, int item)
    {
        var (column, part) = (item / parts, item % parts);
        var (tile, tiles) = (part * BlockTiles, Math.Min(BlockTiles, count - (part * BlockTiles)));
        var products = workspace.Own(worker);
        var transformed = products + (Places * ProductPlane);
        for (var b = 0; b < blocks.Length; b++)
        {
            var block = blocks[b];
            if (sharesWeights)
            {
                transformed = workspace.Shared + (((nint)(column * blocks.Length) + b) * WeightBlock);
            }
            else
            {
                TransformWeights(column * Columns, block, transformed);
            }

            var inputs = Inputs(b) + (tile * block.Stride);
            var plane = InputPlane(block, count);
            for (var place = 0; place < Places; place++)
            {
                MatrixTile.Multiply<T>(
                    tiles,
                    inputs + (place * plane),
                    block.Stride,
                    transformed + (place * WeightPlane),
                    PanelsOf(column * Columns),
                    BlockInputs * PanelColumns,
                    PanelColumns,
                    T.Width,
                    block.Channels,
                    products + (place * ProductPlane),
                    Columns,
                    b > 0);
            }
        }

        TransformOutput(products, first + tile, tiles, column * Columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformOutput(float* products, int tile, int tiles, int column)
    {
        var outputs = stackalloc T[TScheme.Outputs * TScheme.Outputs];
        for (var i = 0; i < tiles; i++)
        {
            var (image, place) = Math.DivRem(tile + i, tilesPerImage);
            var (y, x) = (place / tilesX * TScheme.Outputs, place % tilesX * TScheme.Outputs);
            var (height, width) = (Math.Min(TScheme.Outputs, shape.Height - y), Math.Min(TScheme.Outputs, shape.Width - x));
            var pixel = ((nint)image * shape.Pixels) + (y * shape.Width) + x;
            var target = epilogue.Begin(workspace, image, column);
            for (nint c = 0; c < Columns && column + c < epilogue.Stride; c += T.Width)
            {
                TScheme.Output(products + (i * Columns) + c, ProductPlane, outputs);
                var offset = target.Offset<T>(c);
                for (var oy = 0; oy < height; oy++)
                {
                    for (var ox = 0; ox < width; ox++)
                    {
                        target.Store(outputs[(oy * TScheme.Outputs) + ox], offset, pixel + (oy * shape.Width) + ox, c);
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
