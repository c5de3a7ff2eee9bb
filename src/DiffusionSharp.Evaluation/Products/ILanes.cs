namespace DiffusionSharp.Evaluation.Products;

/// <summary>
/// A vector of float32 or float64. The product is written once against it and compiled by the JIT for each width and type. Lanes are never added
/// to each other, and every operation rounds once, so the bits are those of every width.
/// </summary>
/// <typeparam name="TSelf">The vector.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
internal unsafe interface ILanes<TSelf, T>
    where TSelf : unmanaged, ILanes<TSelf, T>
    where T : unmanaged
{
    /// <summary>Values in it.</summary>
    static abstract int Count { get; }

    /// <summary>Rows of a tile, two vectors each: as many as the registers hold; 4 or 8.</summary>
    static abstract int TileRows { get; }

    static abstract TSelf Load(T* source);

    static abstract TSelf Broadcast(T value);

    static abstract void Store(TSelf value, T* destination);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);
}
