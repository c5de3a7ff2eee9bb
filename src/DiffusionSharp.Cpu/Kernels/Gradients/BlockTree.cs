using System.Numerics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// Blocks of a gradient to weights, summed over images in their tree. Images come in groups of a power of two, so that what a thread reads
/// lies in a cache: within a group sums wait in the thread's memory, between groups in memory that all see. Where blocks are too few for the
/// threads, these share out subtrees of a group, too.
/// </summary>
internal sealed unsafe class BlockTree<T>
    where T : unmanaged, ISimd<T>
{
    // What lies ready for a group: as much as the blocks hold, so that sums that wait between groups take no more time than what is read
    // for them; within limits that caches set.
    private const long LeastReady = 1 << 18;
    private const long MostReady = 1 << 21;
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
    private int first;
    private int count;
    private int partImages;
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
    public ScratchNeed Scratch(int images, int threads) => Enumerable.Range(1, images).Aggregate(default(ScratchNeed), (most, n) => ScratchNeed.Max(most, ScratchOf(n, threads)));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var size = Group(workspace.Images, workspace.Team.Size);
        partImages = PartImages(workspace.Images, workspace.Team.Size);
        for (first = 0; first < workspace.Images; first += size)
        {
            count = Math.Min(size, workspace.Images - first);
            parts = Ceiling(count, partImages);
            workspace.Team.For(count * work.ReadyItems, ready);
            workspace.Team.For(blocks * parts, multiply);
            if (parts > 1)
            {
                workspace.Team.For(blocks, join);
            }
        }
    }

    private ScratchNeed ScratchOf(int images, int threads) => new(
        ReadyFloats(images, threads) + ((long)(ImageTree.Levels(Parts(images, threads)) + MostParts(images, threads)) * blocks * blockFloats),
        ((1 + ImageTree.Levels(Group(images, threads))) * (long)blockFloats) + scratch + Overread);

    private static int Ceiling(int value, int divisor) => (value + divisor - 1) / divisor;

    private long Weights => (long)blocks * blockFloats;

    // Values that should lie ready at once, in a thread's cache where its images are its own.
    private long ThreadFloats => Math.Clamp(Weights, LeastReady, MostReady);

    // Whether a thread sums images of its own: less passes between the threads' caches than if each read all images, as long as sums are small.
    private bool OwnsImages(int images, int threads) => threads > 1 && images > 1 && Weights <= MostReady && imageFloats <= MostOwned;

    // Images that lie ready at once: a power of two, or all.
    private int Group(int images, int threads) => Math.Min(Power(ThreadFloats / imageFloats) * (OwnsImages(images, threads) ? RoundUp(threads) : 1), images);

    // Images of a subtree that a thread sums: a group, or a power of two of them.
    private int PartImages(int images, int threads)
    {
        var (group, items) = (Group(images, threads), ThreadItems * threads);
        var few = blocks < items && threads > 1 ? Power((long)group * blocks / items) : group;
        return Math.Min(few, OwnsImages(images, threads) ? Power(group / threads) : group);
    }

    private static int Power(long most) => 1 << BitOperations.Log2((uint)Math.Max(1, most));

    private static int RoundUp(int threads) => (int)BitOperations.RoundUpToPowerOf2((uint)threads);

    private int Parts(int images, int threads) => Ceiling(images, PartImages(images, threads));

    // Those of a group whose sums wait until all are there.
    private int MostParts(int images, int threads) => Ceiling(Group(images, threads), PartImages(images, threads)) is > 1 and var parts ? parts : 0;

    private long ReadyFloats(int images, int threads) => (Group(images, threads) * (long)imageFloats) + Overread;

    // Sums that wait between parts, level by level, then those of the group's parts.
    private float* Waiting => workspace.Shared + ReadyFloats(workspace.Images, workspace.Team.Size);

    private float* PartOf(int number, int part) =>
        Waiting + ((((nint)ImageTree.Levels(Parts(workspace.Images, workspace.Team.Size)) + part) * blocks) + number) * blockFloats;

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
        var (begin, images) = (part * partImages, Math.Min(partImages, count - (part * partImages)));
        for (var image = 0; image < images; image++)
        {
            work.Multiply(number, workspace.Shared + ((begin + image) * imageFloats), block, block + ((1 + ImageTree.Levels(Group(workspace.Images, workspace.Team.Size))) * (nint)blockFloats));
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
        var (index, all) = ((first / partImages) + part, Ceiling(workspace.Images, partImages));
        Join(block, Waiting + ((nint)number * blockFloats), (nint)blocks * blockFloats, index, all);
        if (index == all - 1)
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
            for (var waiting = joins; waiting != 0; waiting &= waiting - 1)
            {
                sum = T.Add(T.Load(levels + (BitOperations.TrailingZeroCount(waiting) * levelStep) + i), sum);
            }

            T.Store(sum, result + i);
        }
    }
}
