import SwiftASN1
