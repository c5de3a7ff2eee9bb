using System.Numerics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// Blocks of a gradient to weights, summed over images in their tree. Images come in groups of a power of two, so that what a thread reads
/// lies in a cache: within a group sums wait in the thread's memory, between groups in memory that all see. Where blocks are too few for the
/// threads, or an image lies in a thread's cache, these share out subtrees of a group, too.
/// </summary>
internal sealed unsafe class BlockTree<T>
    where T : unmanaged, ISimd<T>
{
    // What lies ready for a group: as much as the blocks hold, so that sums that wait between groups take no more time than what is read
    // for them; within limits that caches set.
    private const long LeastReady = 1 << 18;
    private const long MostReady = 1 << 21;

    // Values of an image that a thread makes ready for itself.
    private const long MostOwned = 1 << 20;

    // A product may read and write two vectors past the last value.
    private const int Overread = 64;

    // Items for each thread, so that one is not left waiting for another.
    private const int ThreadItems = 4;

    private readonly IImageBlocks work;
    private readonly int blocks;
    private readonly int blockFloats;
    private readonly nint imageFloats;
    private readonly long scratch;
    private readonly Action<int, int> ready;
    private readonly Action<int, int> multiply;
    private readonly Action<int, int> join;
    private Workspace workspace = null!;
    private Shares shares;
    private float* waiting;
    private int first;
    private int count;
    private int parts;

    /// <param name="work">What each image adds.</param>
    /// <param name="blocks">Blocks of the gradient.</param>
    /// <param name="blockFloats">Values of a block.</param>
    /// <param name="imageFloats">Values that lie ready for each image.</param>
    /// <param name="scratch">Values a product needs of its thread.</param>
    public BlockTree(IImageBlocks work, int blocks, int blockFloats, nint imageFloats, long scratch)
    {
        (this.work, this.blocks, this.blockFloats, this.imageFloats, this.scratch) = (work, blocks, blockFloats, imageFloats, scratch);
        (ready, multiply, join) = (Ready, Multiply, Join);
    }

    // Fewer images may be shared out in more parts.
    public ScratchNeed Scratch(int images, int threads) => Enumerable.Range(1, images).Aggregate(default(ScratchNeed), (most, n) => ScratchNeed.Max(most, ScratchOf(SharesOf(n, threads))));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        shares = SharesOf(workspace.Images, workspace.Team.Size);
        waiting = workspace.Shared + ReadyFloats(shares);
        for (first = 0; first < workspace.Images; first += shares.Group)
        {
            count = Math.Min(shares.Group, workspace.Images - first);
            parts = Ceiling(count, shares.Part);
            workspace.Team.For(count * work.ReadyItems, ready);
            workspace.Team.For(blocks * parts, multiply);
            if (parts > 1)
            {
                workspace.Team.For(blocks, join);
            }
        }
    }

    private static int Ceiling(int value, int divisor) => (value + divisor - 1) / divisor;

    private static int Power(long most) => 1 << BitOperations.Log2((uint)Math.Max(1, most));

    private static int RoundUp(int threads) => (int)BitOperations.RoundUpToPowerOf2((uint)threads);

    private long Weights => (long)blocks * blockFloats;

    // A thread sums images of its own where that is less that passes between the threads' caches than if each read all images: where sums are small.
    private Shares SharesOf(int images, int threads)
    {
        var owns = threads > 1 && images > 1 && Weights <= MostReady && imageFloats <= MostOwned;

        // Lies ready at once, in a thread's cache where its images are its own.
        var threadFloats = Math.Clamp(Weights, LeastReady, MostReady);
        var group = Math.Min(Power(threadFloats / imageFloats) * (owns ? RoundUp(threads) : 1), images);
        var items = ThreadItems * threads;
        var few = blocks < items && threads > 1 ? Power((long)group * blocks / items) : group;
        return new Shares(images, group, Math.Min(few, owns ? Power(group / threads) : group));
    }

    private ScratchNeed ScratchOf(Shares shares) => new(
        ReadyFloats(shares) + ((ImageTree.Levels(shares.Parts) + (shares.GroupParts > 1 ? shares.GroupParts : 0)) * Weights),
        BlockFloats(shares) + scratch + Overread);

    private long ReadyFloats(Shares shares) => (shares.Group * (long)imageFloats) + Overread;

    // A thread's block, and the sums that wait for it.
    private nint BlockFloats(Shares shares) => (1 + ImageTree.Levels(shares.Group)) * (nint)blockFloats;

    // Behind the sums that wait between parts, level by level.
    private float* PartOf(int number, int part) => waiting + ((((nint)(ImageTree.Levels(shares.Parts) + part) * blocks) + number) * blockFloats);

    private void Ready(int worker, int item)
    {
        var (image, some) = Math.DivRem(item, work.ReadyItems);
        work.Ready(workspace, first + image, some, workspace.Shared + (image * imageFloats));
    }

    // Items that follow each other read the same images.
    private void Multiply(int worker, int item)
    {
        var (part, number) = Math.DivRem(item, blocks);
        var block = workspace.Own(worker);
        var begin = part * shares.Part;
        var images = Math.Min(shares.Part, count - begin);
        for (var image = 0; image < images; image++)
        {
            work.Multiply(number, workspace.Shared + ((begin + image) * imageFloats), block, block + BlockFloats(shares));
            Join(block, block + blockFloats, blockFloats, image, images);
        }

        if (parts == 1)
        {
            JoinPart(block, number, 0);
        }
        else
        {
            new Span<float>(block, blockFloats).CopyTo(new Span<float>(PartOf(number, part), blockFloats));
        }
    }

    private void Join(int worker, int number)
    {
        for (var part = 0; part < parts; part++)
        {
            JoinPart(PartOf(number, part), number, part);
        }
    }

    private void JoinPart(float* block, int number, int part)
    {
        var index = (first / shares.Part) + part;
        Join(block, waiting + ((nint)number * blockFloats), (nint)blocks * blockFloats, index, shares.Parts);
        if (index == shares.Parts - 1)
        {
            work.Write(number, block);
        }
    }

    // Adds to a block the sums that wait for it, and lets the result wait; that of the last one stays.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Join(float* block, float* levels, nint levelStep, int index, int count)
    {
        var joins = ImageTree.Joins(index, count);
        var result = ImageTree.Level(index, count) is { } level ? levels + (level * levelStep) : block;
        if (joins == 0 && result == block)
        {
            return;
        }

        for (nint i = 0; i < blockFloats; i += T.Width)
        {
            var sum = T.Load(block + i);
            for (var left = joins; left != 0; left &= left - 1)
            {
                sum = T.Add(T.Load(levels + (BitOperations.TrailingZeroCount(left) * levelStep) + i), sum);
            }

            T.Store(sum, result + i);
        }
    }

    /// <summary>How a call's images are shared out.</summary>
    /// <param name="Images">All of them.</param>
    /// <param name="Group">Images that lie ready at once: a power of two, or all.</param>
    /// <param name="Part">Images of a subtree that a thread sums: a group, or a power of two of them.</param>
    private readonly record struct Shares(int Images, int Group, int Part)
    {
        public int Parts => Ceiling(Images, Part);

        public int GroupParts => Ceiling(Group, Part);
    }
}
